"""Reading imports and exports off code that esbuild has printed.

No parser of ours is as fast as esbuild, and its printing is regular. With templates turned into strings and
without comments that span lines:

- a top-level statement starts in column 0, what is inside one is indented or is a closing bracket;
- no string and no regular expression holds a raw line end, so nothing else can look like the start of a line;
- `import` and `export … from` keep their clause on one line or close it with `}` in column 0.

So static imports and default exports are exact. Dynamic imports stand anywhere: they are found by skipping
strings, comments and regular expressions, which is exact but for a regular expression that starts with a
blank after a keyword.

All this runs in the event loop on text that a stranger made: every pattern takes time linear in its length.
"""

import re

_STRING = r"""(?:"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')"""
_CLAUSE = rf"(?:[^\"'\n]|{_STRING})*?"
_IMPORT = re.compile(
    rf"^(?:import (?={_STRING})|(?:import (?!\()|export [*{{]|\}} ){_CLAUSE}\bfrom )(?P<name>{_STRING})"
    rf"(?: with \{{(?:[^\"'\n]|{_STRING})*\}})?;$",
    re.MULTILINE,
)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_DEFAULT = re.compile(r"^export (?:default\b|\* as default\b)", re.MULTILINE)
_EXPORT_CLAUSE = re.compile(rf"^export \{{((?:[^\"'{{}}]|{_STRING})*)\}}", re.MULTILINE)
_CLAUSE_DEFAULT = re.compile(r"(?:^|,|\bas)\s*default\s*(?:,|$)")

_COMMENT = r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
# What has no end on its line is taken to the end of the line, never read twice.
_DYNAMIC = re.compile(
    rf"(?<![\w$.])import\(\s*+(?:{_COMMENT}\s*+)*+(?P<name>{_STRING})\s*+[,)]"
    r"""|"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?"""
    rf"|{_COMMENT}"
    r"|//[^\n]*+"
    # esbuild prints a division with a blank on both sides, so a slash right before anything else starts a
    # regular expression, and so does one before a blank where no value stands before it.
    r"|(?:/(?![*/ =])|(?<![\w$)\]}\"'] )/(?! =))(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\]?)++/?"
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def has_open_comment(code: str) -> bool:
    """Tell whether some comment may go on in the next line: then the rules above do not hold."""
    return "/*" in code and any(_ends_in_comment(line) for line in code.split("\n"))


def printed_imports(code: str) -> list[str]:
    """Return the specifiers of static imports and exports-from, in order, with duplicates."""
    return [_string_value(found["name"]) for found in _IMPORT.finditer(code)]


def printed_dynamic_imports(code: str) -> list[str]:
    """Return the specifiers of `import("…")`, in order, with duplicates."""
    if "import(" not in code:
        return []
    return [_string_value(found["name"]) for found in _DYNAMIC.finditer(code) if found["name"]]


def prints_export(code: str) -> bool:
    """Tell whether anything is exported: then esbuild has read the source as a module, in strict mode."""
    return _EXPORT.search(code) is not None


def prints_default(code: str) -> bool:
    """Tell whether a default is exported."""
    if _DEFAULT.search(code):
        return True
    clauses = (re.sub(_STRING, "", clause[1]) for clause in _EXPORT_CLAUSE.finditer(code))
    return any(_CLAUSE_DEFAULT.search(clause) for clause in clauses)


def _ends_in_comment(line: str) -> bool:
    # The last `/*` has the fewest `*/` after it. It may stand in a string: then this errs on the safe side.
    start = line.rfind("/*")
    return start >= 0 and line.find("*/", start + 2) < 0


def _string_value(literal: str) -> str:
    """Return what a printed string literal means."""
    text = literal[1:-1]
    if "\\" not in text:
        return text
    # Surrogate halves written as two escapes become one character, as in JavaScript.
    value = _ESCAPE.sub(_unescape, text)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(found: re.Match[str]) -> str:
    *codes, other = found.groups()
    code = next(filter(None, codes), None)
    return chr(int(code, 16)) if code else _SHORT.get(other, other)
