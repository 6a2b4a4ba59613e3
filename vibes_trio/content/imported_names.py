"""Which names a module imports of another, read from its text.

The text is that of a compiled module, or of one that a browser takes as it is. What only looks like an import (in a
string or a comment) is taken for one: names are used to choose between versions of packages and to warn, and only for
specifiers that the compiler found as well.
"""

import re
from collections.abc import Collection, Iterable

_MAX_STATEMENTS = 2000
_MAX_CLAUSE_CHARS = 20_000
_MAX_KEYWORDS = 100  # names within a clause that hold one
_FROM = re.compile(r"""\bfrom\s*(["'])([^"'\n]+)\1""")
_KEYWORD = re.compile(r"(?<![\w$.])(?:import|export)(?![\w$])")
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*+\*/|//[^\n]*")
_WORD = r"[A-Za-z_$][\w$]*"
_DEFAULT = re.compile(rf"\s*({_WORD})\s*(?:,|$)")
_NAMED = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(rf"({_WORD})(?:\s+as\s+\S+)?")


def imported_names(codes: Iterable[str], specifiers: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return specifier, of *specifiers*, → names that the modules *codes* import or export of it, `default` too.

    A specifier that is imported as a whole, or for what it does, has no names.
    """
    found: dict[str, dict[str, None]] = {}
    for code in codes:
        for _, match in zip(range(_MAX_STATEMENTS), _FROM.finditer(code), strict=False):
            if match[2] in specifiers:
                names = _names_before(code, match.start())
                found.setdefault(match[2], {}).update(dict.fromkeys(names))
    return {specifier: tuple(sorted(names)) for specifier, names in found.items() if names}


def _names_before(code: str, end: int) -> list[str]:
    """Return the names in the clause that ends where `from` begins."""
    text = code[max(0, end - _MAX_CLAUSE_CHARS) : end]
    keyword = _last_keyword(text)
    if keyword is None:
        return []
    clause = _COMMENT.sub(" ", text[keyword.end() :])
    default = _DEFAULT.match(clause) if keyword[0] == "import" else None
    names = ["default"] if default and default[1] != "type" else []
    listed = _NAMED.search(clause)
    for part in listed[1].split(",") if listed else ():
        name = _NAME.fullmatch(part.strip())
        if name is not None:
            names.append(name[1])
    return names


def _last_keyword(text: str) -> re.Match[str] | None:
    at = len(text)
    for _ in range(_MAX_KEYWORDS):
        at = max(text.rfind("import", 0, at), text.rfind("export", 0, at))
        keyword = _KEYWORD.match(text, at) if at >= 0 else None
        if keyword is not None or at < 0:
            return keyword
    return None
