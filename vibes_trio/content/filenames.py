"""Which names a file of an app may have (protocol.md section 4, VibeFile)."""

import re
from collections.abc import Mapping
from typing import Literal

from vibes_trio.errors import BadRequest

_RESERVED = re.compile(r"/~~|/~esm/|/~z[a-zA-Z0-9]{8,}~(/|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Lang = Literal["jsx", "js", "ts", "tsx"]
LANG_BY_ENDING: Mapping[str, Lang] = {
    ".jsx": "jsx",
    ".js": "js",
    ".mjs": "js",
    ".ts": "ts",
    ".mts": "ts",
    ".tsx": "tsx",
}


def check_filename(name: str, max_chars: int, where: str) -> None:
    """Refuse *name* if it can't be a file of an app; *where* is the member's path.

    Raises:
        BadRequest: says which rule it breaks.
    """
    fault = _fault(name, max_chars)
    if fault:
        raise BadRequest(f"{where}: the file name {name[:80]!r} {fault}.", filename=name[:80])


def _fault(name: str, max_chars: int) -> str:
    """Return what is wrong with *name*; empty: nothing."""
    if not name.startswith("/"):
        return "must start with /"
    if name == "/":
        return "names no file"
    if len(name) > max_chars:
        return f"is longer than {max_chars} characters"
    if "//" in name:
        return "has an empty folder name (//)"
    if {".", ".."} & set(name.split("/")):
        return "has a dot segment (/./ or /../)"
    if "\\" in name:
        return "has a backslash"
    if _CONTROL.search(name):
        return "has a control character"
    if _RESERVED.match(name):
        return "lies in a folder of the server's own (/~~…, /~esm/, /~{fsId}~)"
    return ""


def lang_of(name: str) -> Lang | None:
    """Return the language that a module's name says (`jsx`, `js`, `ts`, `tsx`), or None."""
    return LANG_BY_ENDING.get("." + name.rpartition(".")[2].lower())
