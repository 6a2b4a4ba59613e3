"""Which names CommonJS code exports, in the ways that people and tools write it."""

import time

import pytest

from vibes_trio.modules.build.commonjs import read_exports

NAMES = {
    "one by one": ("exports.a = 1; exports.b = exports.c = 2; if (exports.d == 1) {}", "a b c"),
    "on module.exports": ('module.exports.a = 1; exports["b-c"] = 2; exports["d"] = 3;', "a d"),
    "TypeScript's chain": ('exports.c = exports.b = exports.a = void 0; exports.__esModule = !0;', "a b c"),
    "getters": ('Object.defineProperty(exports, "a", { enumerable: !0, get: function() { return x.a; } });', "a"),
    "an object": (
        "module.exports = { a, b: [1, { z: 1 }], c: { y: 2 }, d() {}, get e() { return 1; }, 3: 1 };",
        "a b c d e",
    ),
    "an object with odd values": (
        'module.exports = { a: /[{}"]/, b: "}", c: `${"`"}`, "d": x ? { q: 1 } : f({ r: 1 }), async *e() {}, [f]: 1 };',
        "a b c d e",
    ),
    "a chain onto an object": ("exports = module.exports = { a: 1 };", "a"),
    "Object.assign": ("Object.assign(module.exports, { a: 1 }, { b: { c: 1 } });", "a b"),
    "Object.assign of a function": ("module.exports = Object.assign(main, { a: 1 });", "a"),
    "names on a function": (
        "function main() {} main.a = 1; main.prototype.b = 1; other.c = 1; module.exports = main;",
        "a",
    ),
    "names on an object": ("var api = { a: 1, b() {} }; api.c = 2; module.exports = api;", "a b c"),
    "lodash": (
        "var run = function r() { function lodash() {} return lodash.a = a, lodash.b = b, lodash;\n };"
        "var _ = run(); (freeModule.exports = _)._ = _, exports._ = _;",
        "_ a b",
    ),
    "UMD with a factory": (
        '(function(root, factory) { typeof exports == "object" ? module.exports = factory() : root.P = factory(); })'
        "(this, function() { var P = { a: f }; P.b = 1; return P;\n});",
        "a b",
    ),
    "UMD whose factory returns a literal": (
        '(function(root, factory) { typeof module == "object" ? module.exports = factory() : root.P = factory(); })'
        "(this, function() { function f() { return { no: 1 }; } return { a: f, b: { c: 1 }, d() {} };\n});",
        "a b d",
    ),
    "UMD that is called with this": (
        '(function(root, factory) { typeof exports == "object" ? module.exports = factory() : root.P = factory(); })'
        ".call(this, function() { return { a: 1 }; });",
        "a",
    ),
    "a literal that never ends": ("module.exports = make(); function make() { return { a: 1, ", ""),
    "UMD with exports": (
        '(function(g, factory) { typeof exports == "object" ? factory(exports) : factory(g.L = {}); })'
        "(this, (function(exports2) { exports2.a = 1; }));",
        "a",
    ),
    "UMD made small": (
        '(function(e, t) { typeof exports == "object" ? t(exports, require("react")) : t(e.X = {}, e.React); })'
        '(this, (function(e, t) { e.a = 1, Object.defineProperty(e, "b", { value: 1 }), t.c = 1; }));',
        "X a b",
    ),
    "esbuild": (
        '__export(src_exports, { a: () => a, b: () => b }); module.exports = __toCommonJS(src_exports);',
        "a b",
    ),
    "swc": ('_export(exports, { a: function() { return a; }, default: function() { return b; } });', "a"),
    "webpack": ('n.d(t, { a: () => r, b: () => s }); r.d(e, "c", function() { return x; });', "a b c"),
    "a function": ("module.exports = function() { this.a = 1; };", ""),
    "a reserved word": ("exports.delete = 1;", "delete"),
    "nothing": ("", ""),
}  # fmt: skip
HANDED_ON = {
    "by a variable": ('const m = require("./a"); m.x = 1; module.exports = m;', "./a"),
    "assigned": ('module.exports = require("./a.js");', "./a.js"),
    "TypeScript": ('__exportStar(require("./a"), exports); tslib_1.__exportStar(require("b"), exports);', "./a b"),
    "old TypeScript": ('__export(require("./a"));', "./a"),
    "swc": ('_export_star(require("./a"), exports);', "./a"),
    "Babel": (
        'var _x = _interopRequireWildcard(require("./a")); Object.keys(_x).forEach(function(key) {'
        " key === \"default\" || key in exports && exports[key] === _x[key] || Object.defineProperty(exports, key, {"
        " enumerable: !0, get: function() { return _x[key]; } }); });",
        "./a",
    ),
    "Rollup": (
        'var x = require("./a"); Object.keys(x).forEach(function(k) { k !== "default" && (exports[k] = x[k]); });',
        "./a",
    ),
    "a loop": ('var x = require("./a"); for (var k in x) exports[k] = x[k];', "./a"),
    "spread": ('const c = require("./c"); module.exports = { a, ...require("./b"), ...c, ...unknown };', "./b ./c"),
    "Object.assign": (
        'const c = require("./c"); Object.assign(module.exports, require("./a"), { x: 1 }, c);',
        "./a ./c",
    ),
    "a loop over something else": ('var x = require("./a"); Object.keys(x).forEach(function(k) { use(x[k]); });', ""),
    "only used": ('const x = require("./a"); exports.b = x;', ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMES)
def test_names_are_found(kind):
    code, names = NAMES[kind]

    assert sorted(read_exports(code).names) == names.split()


@pytest.mark.parametrize("kind", HANDED_ON)
def test_modules_handed_on_are_found(kind):
    code, specifiers = HANDED_ON[kind]

    assert list(read_exports(code).handed_on) == specifiers.split()


@pytest.mark.parametrize(
    "code",
    [
        "a" * 1_000_000,
        "exports." * 100_000,
        "module.exports = {" * 2_000,
        "module.exports = { a: '" + "x" * 1_000_000,
        'require("' * 100_000,
        ", a" * 300_000,
        "Object.keys(a).forEach(" * 40_000,
        "exports = " + " " * 1_000_000,
    ],
    ids=lambda code: code[:20],
)
def test_hostile_code_takes_no_long_time(code):
    start = time.perf_counter()

    read_exports(code)

    assert time.perf_counter() - start < 5


def test_names_are_bounded():
    assert len(read_exports("".join(f"exports.a{n} = 1;" for n in range(5000))).names) == 3000
