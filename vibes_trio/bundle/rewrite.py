"""Putting into plain imports what esbuild has no word for, in modules as it prints them.

| written | becomes |
| --- | --- |
| `import.meta.glob("./pages/*.jsx")` | an object of functions that import (eager: of modules) |
| ``import(`./pages/${name}.jsx`)`` | a choice among the files that it may mean |
| `new Worker(new URL("./w.ts", import.meta.url), …)` | `new` what `./w.ts?worker` exports |
| `new URL("package/file", import.meta.url)` | the address that `package/file?url` exports |
| `import.meta.url` | where the file lies in the release |
| `import { x } from "./y.json" with { type: "json" }` | the same without `with`: that allows the default alone |
| `import(x)`, `require(x)` of anything else | the same, hidden: esbuild would look for files on the disk |

Lines keep their numbers, so the source map at the end stays true; imports that are added stand behind the last.
"""

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from vibes_trio.bundle.globs import match_names
from vibes_trio.bundle.places import Places
from vibes_trio.bundle.printed_text import (
    STRING,
    find_all,
    literal_parts,
    read_value,
    split_arguments,
    string_value,
)
from vibes_trio.content.cid import to_utf8
from vibes_trio.content.specifiers import Kind, parse_specifier

FILE = "vibes-file:"
"""In front of a file's name: an import that means this very file."""
ONE_OF = "vibes:one-of"
MAX_FORMS = 500
MAX_CHOICES = 20_000

_ENDINGS = ".{jsx,tsx,js,ts,mjs,json}"
_META_URL = r"import\.meta\.url\b"
_FORMS = re.compile(
    rf"""(?P<glob>\bimport\.meta\.glob(?P<at_once>Eager)?\()
|(?P<dynamic>\bimport)\((?!\s*{STRING}\s*[,)])
|(?P<required>(?<![\w$.])require)\((?!\s*{STRING}\s*\))
|(?P<worker>\bnew[ ](?P<shared>Shared)?Worker)\(\s*new[ ]URL\(\s*(?P<script>{STRING}),\s*{_META_URL}\s*\)
   (?:\.href|\.toString\(\))?\s*(?:,\s*)?
|(?P<asset>\bnew[ ]URL\(\s*)(?P<address>{STRING})(?=,\s*{_META_URL})
|(?<=["'])(?P<json>[ ](?:with|assert)[ ]\{{\s*type:[ ]"json"\s*\}})
|(?P<url>{_META_URL})""",
    re.VERBOSE,
)
_MAP = "//# sourceMappingURL="
_PATH_SAFE = "/~!$&'()*+,;=:@"


@dataclass(slots=True)
class Budget:
    """What the sources of one app may still ask for: forms, and files that these choose among."""

    forms: int = MAX_FORMS
    choices: int = MAX_CHOICES

    def take(self, choices: int) -> None:
        """Count one form with as many *choices*.

        Raises:
            ValueError: it is too much.
        """
        self.forms -= 1
        self.choices -= choices
        if self.forms < 0 or self.choices < 0:
            raise ValueError(
                f"an app may have {MAX_FORMS} such places, which choose among {MAX_CHOICES} files together"
            )


@dataclass(slots=True)
class _Module:
    name: str
    code: str
    places: Places
    budget: Budget
    imports: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    hides: bool = False

    def add_import(self, what: str, specifier: str) -> str:
        """Have something imported; return the name that it has. *what* has its place at `{}`."""
        local = f"__vibes_{len(self.imports)}"
        self.imports.append(f"import {what.format(local)} from {json.dumps(specifier)};")
        return local


def may_need_rewriting(text: str) -> bool:
    """Whether a source may hold one of the forms: one without them is left to esbuild as it is.

    Looked for is what could be a call of `import` or `require` by anything but a plain string.
    """
    if "import.meta.glob" in text or "import.meta.url" in text or _ESCAPED_NAME.search(text):
        return True
    if "json" in text and _AS_JSON.search(text):
        return True
    calls = _CALL.finditer(text) if "import" in text or "require" in text else ()
    return any(_PLAIN_CALL.match(text, call.end()) is None for call in calls)


# A name may be written with escapes: `r\u0065quire`.
_ESCAPED_NAME = re.compile(r"\\u(?:00[4-7]|\{0*+[4-7])")
_CALL = re.compile(r"\b(?:import|require)\b(?=\s*+[(/?])")
_AS_JSON = re.compile(r"""\b(?:with|assert)\s*+\{\s*+["']?type["']?\s*+:\s*+["']json""")
_PLAIN_CALL = re.compile(r"\s*+\(\s*+(?:\"[^\"\\\n]*+\"|'[^'\\\n]*+')\s*+[,)]")


def rewrite_module(name: str, code: str, places: Places, budget: Budget) -> tuple[str, list[str]]:
    """Return the printed module *code* of the file *name* in plain imports, and what is wrong with its forms."""
    module = _Module(name, code, places, budget)
    parts: list[str] = []
    at = 0
    for found in find_all(_FORMS, code):
        if found.start() < at:
            continue
        if found["skipped"] is not None:
            text, end = _harmless(found["skipped"]), found.end()
        else:
            text, end = _instead(module, found)
        lines = code.count("\n", found.start(), end) - text.count("\n")
        parts += (code[at : found.start()], text, "\n" * lines)
        at = end
    whole = "".join(parts) + code[at:]
    start = whole.rfind(_MAP)
    start = start if start >= 0 else len(whole)
    added = [*(f"{line}\n" for line in module.imports), _HIDDEN_BY if module.hides else ""]
    return f"{whole[:start].rstrip()}\n{''.join(added)}{whole[start:]}", module.problems


def _instead(module: _Module, found: re.Match[str]) -> tuple[str, int]:
    """Return what takes the place of *found*, and where that place ends."""
    try:
        if found["glob"]:
            return _glob(module, found)
        if found["dynamic"]:
            return _choice(module, found)
        if found["required"]:
            return _hidden(module, found, "required")
    except ValueError as error:
        module.problems.append(f"{found[0]}…): {error}")
        return found[0], found.end()
    if found["worker"]:
        return _worker(module, found)
    if found["asset"]:
        return _asset(module, found)
    if found["json"]:
        return "", found.end()
    return _own_address(module.name), found.end()


def _harmless(skipped: str) -> str:
    """Return a string, comment or regular expression that means the same, and no call if it should be code.

    esbuild looks on the disk for what a call of `import` by a path that is put together may mean, so none may pass
    that was taken for something else.
    """
    instead = r"\1\\x28" if skipped[0] in "\"'" else r"\1(?:)("
    return _CALL_INSIDE.sub(instead, skipped) if "(" in skipped else skipped


_CALL_INSIDE = re.compile(r"\b(import|require)\s*\(")


def _own_address(name: str) -> str:
    return f"new URL({json.dumps(address_from_built(name))}, import.meta.url).href"


def address_from_built(name: str) -> str:
    """Return where the file *name* is, from where built files are: the folder beside it."""
    return ".." + quote(to_utf8(name), safe=_PATH_SAFE)


# -- forms ------------------------------------------------------------------------------------------------


def _worker(module: _Module, found: re.Match[str]) -> tuple[str, int]:
    specifier = string_value(found["script"]) or ""
    name = module.places.find(module.name, _relative(module, specifier))
    if name is None:
        return found[0].replace("import.meta.url", _own_address(module.name)), found.end()
    module.budget.take(1)
    query = "?sharedworker" if found["shared"] else "?worker"
    return f"new {module.add_import('{}', f'{FILE}{name}{query}')}(", found.end()


def _asset(module: _Module, found: re.Match[str]) -> tuple[str, int]:
    specifier = string_value(found["address"]) or ""
    kind = parse_specifier(specifier).kind
    by_alias = module.places.find(module.name, specifier) if kind in (Kind.PACKAGE, Kind.ODD) else None
    is_package = kind is Kind.PACKAGE and "/" in specifier
    if not (is_package or by_alias) or module.places.find(module.name, "./" + specifier) is not None:
        return found[0], found.end()
    local = module.add_import("{}", f"{FILE}{by_alias}?url" if by_alias else f"{specifier}?url")
    return f"{found['asset']}{local}", found.end()


def _relative(module: _Module, specifier: str) -> str:
    """Return *specifier* as an import would write it: an address without `./` is one beside the file, too."""
    if parse_specifier(specifier).kind is Kind.PACKAGE and module.places.find(module.name, "./" + specifier):
        return "./" + specifier
    return specifier


def _choice(module: _Module, found: re.Match[str]) -> tuple[str, int]:
    call = split_arguments(module.code, found.end("dynamic") + 1)
    if call is None or not call[0]:
        return _hidden(module, found, "dynamic")
    parts = literal_parts(_COMMENTS.sub("", call[0][0]).strip())
    choices = _choices(module, parts)
    if not choices:
        return _hidden(module, found, "dynamic")
    module.budget.take(len(choices))
    pick = module.add_import("{{ oneOf as {} }}", ONE_OF)
    listed = ", ".join(
        f"{json.dumps(key)}: () => import({json.dumps(FILE + name)})" for key, name in choices.items()
    )
    return f"{pick}({{ {listed} }})", found.end("dynamic")


def _hidden(module: _Module, found: re.Match[str], call: str) -> tuple[str, int]:
    """Return a call whose argument esbuild does not understand, so that it does not look for it."""
    start = found.end(call) + 1
    split = split_arguments(module.code, start)
    if split is None or not split[0]:
        raise ValueError("it can't be read")
    argument = split[0][0]
    module.hides = True
    return f"{found[call]}({_HIDE}({argument})", module.code.index(argument, start) + len(argument)


_HIDE = "__vibes_same"
# A function of the file itself: an import would make a module of a file that is CommonJS.
_HIDDEN_BY = f"function {_HIDE}() {{ return arguments[0]; }}\n"
_COMMENTS = re.compile(r"/\*(?:[^*]|\*(?!/))*+\*/")


def _choices(module: _Module, parts: list[str | None]) -> dict[str, str]:
    """Return what a path that is put together may be → the file (with its query) that it means then."""
    if not parts or not parts[0] or "/" not in parts[0]:
        return {}
    path, mark, query = "".join("*" if part is None else _escape(part) for part in parts).partition("?")
    written = parts[0][: parts[0].rfind("/") + 1]
    found: dict[str, str] = {}
    has_ending = "." in path.rpartition("/")[2]
    for whole in module.places.expand(module.name, path if has_ending else path + _ENDINGS):
        folder = whole[: len(whole) - len(path.removeprefix(written)) - (0 if has_ending else len(_ENDINGS))]
        for name in match_names([whole], module.places.names - {module.name}):
            rest = name[len(folder) :]
            key = written + (rest if has_ending else posixpath.splitext(rest)[0]) + mark + query
            found.setdefault(key, name + mark + query)
    return found


def _escape(text: str) -> str:
    return re.sub(r"[*{}\[\]]", r"[\g<0>]", text)


def _glob(module: _Module, found: re.Match[str]) -> tuple[str, int]:
    call = split_arguments(module.code, found.end("glob"))
    if call is None or not call[0]:
        raise ValueError("it takes a pattern")
    arguments, end = call
    try:
        patterns = read_value(arguments[0])
        options = read_value(arguments[1]) if len(arguments) > 1 else {}
    except ValueError:
        raise ValueError("it takes plain strings: it is read before the app runs") from None
    patterns = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(patterns, list) or not all(isinstance(p, str) for p in patterns):
        raise ValueError("it takes a pattern, or a list of patterns")
    if not isinstance(options, dict):
        raise ValueError("its options are an object; several patterns are a list")
    files = _globbed(module, patterns, options)
    module.budget.take(len(files))
    members = [_member(module, key, name, options, bool(found["at_once"])) for key, name in files.items()]
    return f"({{ {', '.join(members)} }})", end + 1


def _globbed(module: _Module, patterns: list[str], options: Mapping[str, Any]) -> dict[str, str]:
    """Return key → file, as Vite names keys: from the module where all patterns do so, else from the project."""
    base = options.get("base")
    start = module.name
    if isinstance(base, str):
        start = next(module.places.expand(module.name, base.rstrip("/") + "/_"), module.name)
    whole = []
    for pattern in patterns:
        mark, plain = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
        paths = [f"/{plain}"] if plain.startswith("**") else list(module.places.expand(start, plain))
        if not paths:
            raise ValueError("a pattern starts with ./, ../, / or an alias")
        whole += [mark + path for path in paths]
    is_relative = all(pattern.removeprefix("!").startswith((".", "**")) for pattern in patterns)
    files: dict[str, str] = {}
    for name in match_names(whole, module.places.names - {module.name}):
        if is_relative:
            key = posixpath.relpath(name, posixpath.dirname(start))
            files[key if key.startswith(".") else f"./{key}"] = name
        else:
            files[name.removeprefix(module.places.root)] = name
    return files


def _member(module: _Module, key: str, name: str, options: Mapping[str, Any], at_once: bool) -> str:
    query, export = _query(options), options.get("import")
    if options.get("as") in ("raw", "url") and not export:
        export = "default"
    specifier = FILE + name + query
    what = json.dumps(key)
    if at_once or options.get("eager") is True:
        if isinstance(export, str) and export != "*":
            return f"{what}: {module.add_import(f'{{{{ {_exported(export)} as {{}} }}}}', specifier)}"
        return f"{what}: {module.add_import('* as {}', specifier)}"
    load = f"import({json.dumps(specifier)})"
    if isinstance(export, str) and export != "*":
        load += f".then((module) => module[{json.dumps(export)}])"
    return f"{what}: () => {load}"


def _exported(name: str) -> str:
    """Return an export's name as an import may write it, with braces doubled for `add_import`."""
    if re.fullmatch(r"[A-Za-z_$][\w$]*", name):
        return name
    return json.dumps(name).replace("{", "{{").replace("}", "}}")


def _query(options: Mapping[str, Any]) -> str:
    query = options.get("query") or options.get("as") or ""
    if isinstance(query, Mapping):
        query = "&".join(key if value in (True, "") else f"{key}={value}" for key, value in query.items())
    return "?" + query.lstrip("?") if isinstance(query, str) and query else ""
