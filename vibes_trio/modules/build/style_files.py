"""Files that a style sheet of a package names: fonts, pictures, other style sheets."""

import posixpath
import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote

_MAX_STYLE_BYTES = 8 * 1024 * 1024
_MAX_NAMED = 300
_NAMED = re.compile(rb"""(?:\burl\(\s*+["']?|@import\s++["'])([^"')\s]{1,500})""", re.IGNORECASE)


def named_by_style(folder: Path, name: str, files: Collection[str]) -> tuple[str, ...]:
    """Return the names of what the style sheet *name* needs of the package in *folder*, itself left out, each once; at
    most 300. Other files need nothing. Reads the disk.

    Args:
        files: of the package.
    """
    found: dict[str, None] = {}
    to_read = [name] if name.endswith(".css") else []
    while to_read:
        style = to_read.pop()
        for text in _named(folder / style):
            there = posixpath.normpath(posixpath.join(posixpath.dirname(style), text))
            if there in files and there not in found and there != name and len(found) < _MAX_NAMED:
                found[there] = None
                to_read += [there] if there.endswith(".css") else []
    return tuple(found)


def _named(path: Path) -> list[str]:
    if path.stat().st_size > _MAX_STYLE_BYTES:
        return []
    texts = (match[1].decode("utf-8", "replace") for match in _NAMED.finditer(path.read_bytes()))
    return [unquote(re.split(r"[?#]", text, maxsplit=1)[0]) for text in texts]
