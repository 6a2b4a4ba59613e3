"""The modules that stand for what is no module, in the text that esbuild gets."""

import base64
import json
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote
from xml.parsers import expat

from vibes_trio.bundle.rewrite import FILE, address_from_built
from vibes_trio.content.cid import to_utf8
from vibes_trio.content.foreign_packages import no_such_file
from vibes_trio.content.mime import mime_of

ADD_STYLE = "vibes:style"
ONLY_REACT = "vibes:svg"
REQUIRED = "vibes:required"
MAX_SVG_BYTES = 512 * 1024

HELPERS = {
    "one-of": """
export function oneOf(modules) {
  return (path) => (path in modules ? modules[path]() : Promise.reject(new Error(`No file of this app is ${path}`)));
}
""",
    "style": """
// Each once, in the order in which modules ask; in a worker there is no page to put it into.
export function addStyle(file, text, type) {
  if (typeof document === "undefined") return;
  const style = document.createElement("style");
  style.dataset.vibesFile = file;
  if (type) style.type = type;
  style.textContent = text;
  document.head.append(style);
}
export function styleSheet(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
""",
    "svg": """
import { createElement, forwardRef } from "react";
export function svgComponent(attributes, inner) {
  return forwardRef(function Svg({ title, children, ...props }, ref) {
    const html = title ? `<title>${String(title).replace(/[&<]/g, (c) => (c === "&" ? "&amp;" : "&lt;"))}</title>` : "";
    return createElement("svg", { ...attributes, ...props, ref, dangerouslySetInnerHTML: { __html: html + inner } });
  });
}
""",
    # A package that was CommonJS has what it exported as its default, and the members of that as names.
    "required": """
export function asRequired(module) {
  const whole = module.default;
  if (whole === undefined || whole === null) return module;
  const names = Object.keys(module).filter((name) => name !== "default");
  return names.every((name) => whole[name] === module[name]) ? whole : module;
}
""",
    "worker": """
export function makeWorker(url, Kind, type) {
  return function AppWorker(options) {
    return new Kind(url, { ...(typeof options === "string" ? { name: options } : options), type });
  };
}
""",
}

GLOBALS = {
    "vibes:react": 'import * as React from "react";\nexport { React };\n',
    "vibes:react-dom": """
import * as dom from "react-dom";
import * as client from "react-dom/client";
export const ReactDOM = { ...dom, ...client };
""",
}
"""What scripts found as globals on pages that loaded React by a script element, and some still name: specifier → the
module that has it. esbuild adds it to files that declare no such name themselves."""


def address_module(name: str, fragment: str = "") -> str:
    """Return the module whose default export is the address of the file *name*, with *fragment* (`#…`) behind it."""
    address = json.dumps(address_from_built(name) + quote(fragment, safe="#"))
    return f"export default new URL({address}, import.meta.url).href;\n"


def required_address_module(name: str) -> str:
    """Return the module in place of a file that is no script, for `require`: its address, by itself and as `default`,
    as the bundlers of different years have it."""
    url = json.dumps(f"{FILE}{name}?url")
    return f"const at = require({url}).default;\nmodule.exports = Object.assign(new String(at), {{ default: at }});\n"


def missing_module(specifier: str, importer: str) -> str:
    """Return the module in place of a file that is not there."""
    message = f"{specifier} could not be loaded: {no_such_file(specifier)}"
    return absent_module(message, specifier, importer)


def absent_module(message: str, specifier: str, importer: str) -> str:
    """Return the module in place of *specifier* in the file *importer*. It says so when it is run, not when the app is
    built: what does not run does not hinder."""
    # Where the import stands is looked for in the source, by the page (boot.js).
    cause = json.dumps(
        {"served": importer.removeprefix("/"), "pattern": f"[\"'`]{re.escape(specifier)}[\"'`]"}
    )
    return f"throw new Error({json.dumps(message)}, {{ cause: {cause} }});\nmodule.exports = {{}};\n"


def failed_module(message: str, file: str, line: int) -> str:
    """Return the entry of an app that can't be built: it says why."""
    cause = json.dumps({"served": file.removeprefix("/"), "line": line}) if file else "{}"
    return f"throw new SyntaxError({json.dumps(message)}, {{ cause: {cause} }});\n"


def failed_style_module(name: str, message: str) -> str:
    """Return the module in place of a style sheet that can't be had: the page tells, and the app goes on without."""
    detail = json.dumps({"message": message, "file": name.removeprefix("/")})
    return (
        f'globalThis.dispatchEvent(new CustomEvent("vibes-notice", {{ detail: {detail} }}));\n'
        "module.exports = {};\n"
    )


def css_text(css: str) -> tuple[str, tuple[str, ...]]:
    """Return the JavaScript expression for *css*, in which files of the app have their addresses; and the files of
    packages that it names, of which `packaged_addresses` imports the addresses."""
    pieces: list[str] = []
    packaged: dict[str, int] = {}
    for number, part in enumerate(_FILE_IN_CSS.split(css.strip())):
        if number % 3 == 0:
            pieces.append(json.dumps(part))
        elif number % 3 == 1 and part:
            pieces.append(f"new URL({json.dumps('..' + part)}, import.meta.url).href")
        elif part:
            pieces.append(f"packaged{packaged.setdefault(unquote(part), len(packaged))}")
    return " + ".join(piece for piece in pieces if piece != '""') or '""', tuple(packaged)


def packaged_addresses(packaged: Sequence[str]) -> str:
    """Return the imports of the addresses of files of packages, by the names that `css_text` has for them."""
    specifiers = (json.dumps(f"{name}?url") for name in packaged)
    return "".join(f"import packaged{number} from {text};\n" for number, text in enumerate(specifiers))


PACKAGE_FILE = "vibes-packaged:"
_FILE_IN_CSS = re.compile(rf"{FILE}([^\s\"'()]+)|{PACKAGE_FILE}([^\s\"'()?#]+)")


def file_in_css(name: str) -> str:
    """Return the address that stands for the file *name* in a style sheet until `css_text` puts the true one there."""
    return FILE + quote(to_utf8(name), safe="/~!$&*+,;=:@")


def package_file_in_css(path: str) -> str:
    """Return the address that stands for a file of a package, `package/file`, until `css_text` puts the true one
    there."""
    return PACKAGE_FILE + quote(to_utf8(path), safe="/~!$&*+,;=:@")


def style_module(
    name: str, code: str, kind: str, packages: Sequence[str], names: str = "", joined: Sequence[str] = ()
) -> str:
    """Return the module that puts a style sheet into the page.

    Args:
        code: the style sheet as `css_text` has it; that of an empty one is `""`.
        kind: the `type` of the style element; empty: plain CSS.
        packages: style sheets of packages that it wants before itself.
        names: the module that exports its class names; empty: it has none of its own.
        joined: style sheets of packages that stand behind it as one text.
    """
    texts = {f"joined{number}": package for number, package in enumerate(joined)}
    code = " + ".join([code, *(f'"\\n" + {text}' for text in texts)])
    lines = [f"import {text} from {json.dumps(package + '?inline')};" for text, package in texts.items()]
    lines += [f"import {json.dumps(package)};" for package in packages]
    lines.append(f'import {{ addStyle }} from "{ADD_STYLE}";')
    if code != '""':
        lines.append(f"addStyle({json.dumps(name)}, {code}, {json.dumps(kind)});")
    # The default of a style sheet has always been its address here; Vite's has none.
    lines.append(names or address_module(name).strip())
    return "\n".join(lines) + "\n"


def sheet_module(code: str) -> str:
    """Return the module whose default export is the style sheet *code* (see `css_text`) as a CSSStyleSheet."""
    return f'import {{ styleSheet }} from "{ADD_STYLE}";\nexport default styleSheet({code});\n'


def css_string_module(code: str) -> str:
    """Return the module whose default export is the text of the style sheet *code* (see `css_text`)."""
    return f"export default {code};\n"


def data_module(name: str, content: bytes) -> str:
    """Return the module whose default export is the file *name* as a `data:` address."""
    mime = mime_of(name) or "application/octet-stream"
    return f"export default {json.dumps(f'data:{mime};base64,{base64.b64encode(content).decode()}')};\n"


def worker_module(address: str, kind: str, *, is_module: bool) -> str:
    """Return the module whose default export makes a worker of the script at *address*, seen from the built files.

    Args:
        kind: `Worker` or `SharedWorker`; empty: the default export is the address.
        is_module: else it is a script of the old kind, with `importScripts`.
    """
    whole = f"new URL({json.dumps(address)}, import.meta.url).href"
    if not kind:
        return f"export default {whole};\n"
    made = f"makeWorker({whole}, {kind}, {json.dumps('module' if is_module else 'classic')})"
    return f'import {{ makeWorker }} from "vibes:worker";\nexport default {made};\n'


def required_module(specifier: str) -> str:
    """Return what `require` of a package gives."""
    package = json.dumps(f"vibes-package:{specifier}")
    return f'module.exports = require("{REQUIRED}").asRequired(require({package}).all);\n'


def package_module(specifier: str) -> str:
    """Return the module through which `required_module` has a package."""
    return f"import * as all from {json.dumps(specifier)};\nexport {{ all }};\n"


def svg_module(name: str, content: bytes, *, only_component: bool) -> str:
    """Return the module of an SVG file as a React component: its default, or `ReactComponent` beside its address.

    Raises:
        ValueError: it is no SVG.
    """
    attributes, inner = _take_svg_apart(content)
    made = f"/* @__PURE__ */ svgComponent({json.dumps(attributes)}, {json.dumps(inner)})"
    lead = f'import {{ svgComponent }} from "{ONLY_REACT}";\n'
    if only_component:
        return f"{lead}const Svg = {made};\nexport {{ Svg as default, Svg as ReactComponent }};\n"
    return f"{lead}export const ReactComponent = {made};\n{address_module(name)}"


def _take_svg_apart(content: bytes) -> tuple[dict[str, object], str]:
    """Return the attributes of the `svg` element, as React takes them, and the text inside it."""
    if len(content) > MAX_SVG_BYTES:
        raise ValueError(f"as a component an SVG has at most {MAX_SVG_BYTES} bytes")
    parser = expat.ParserCreate()
    depth, ends, found = 0, [0, 0], dict[str, str]()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 0:
            if tag.rpartition(":")[2] != "svg":
                raise ValueError(f"it is no SVG: its element is {tag}")
            found.update(attributes)
            ends[0] = parser.CurrentByteIndex
        depth += 1

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 0:
            ends[1] = parser.CurrentByteIndex

    def refuse(*_: object) -> None:
        raise ValueError("entities of its own are not taken")

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no SVG: {error}") from None
    text = content[ends[0] : ends[1]].decode("utf-8", "replace")
    inner = _OPEN_TAG.sub("", text, count=1) if ends[1] > ends[0] else ""
    return {_PROPS.get(key, key): _as_prop(key, value) for key, value in found.items()}, inner


_OPEN_TAG = re.compile(r"<[^\s>]+(?:\s+[^\s=>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_PROPS = {
    "class": "className",
    "xmlns:xlink": "xmlnsXlink",
    "xlink:href": "xlinkHref",
    "xml:space": "xmlSpace",
}


def _as_prop(key: str, value: str) -> object:
    if key != "style":
        return value
    pairs = (pair.partition(":") for pair in value.split(";") if ":" in pair)
    return {_camel(name.strip()): text.strip() for name, _, text in pairs}


def _camel(name: str) -> str:
    return name if name.startswith("--") else re.sub(r"-([a-z])", lambda found: found[1].upper(), name)
