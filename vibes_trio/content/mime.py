"""MIME types of files by their names, as the reference has them, and which of them are worth compressing."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

OCTETS = "application/octet-stream"
"""What a file is served as whose name says nothing."""

_TEXT = re.compile(r"text/.+|.+\+(?:json|text|xml|yaml)")
# What mime-db calls compressible, less disk images, archives and `application/octet-stream`: of those we
# can't tell.
_COMPRESSIBLE = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "application/json",
        "application/json5",
        "application/postscript",
        "application/rtf",
        "application/sql",
        "application/toml",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/x-httpd-php",
        "application/x-javascript",
        "application/x-sh",
        "application/xml",
        "application/xml-dtd",
        "application/yaml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/vnd.microsoft.icon",
        "image/x-icon",
        "image/x-ms-bmp",
        "message/rfc822",
        "model/gltf-binary",
    }
)


@cache
def extensions() -> Mapping[str, str]:
    """Return extension → type, of all that are known. Read when it is first asked for: a start can do without."""
    rows = files("vibes_trio.content").joinpath("mime.types").read_text("utf-8").splitlines()
    return {
        extension: row[0] for row in map(str.split, rows) if row and row[0] != "#" for extension in row[1:]
    }


def mime_of(filename: str) -> str | None:
    """Return the MIME type that the extension of *filename* (a path from `/`) stands for, None if unknown.

    A name that is nothing but an extension (`/.css`) has none.
    """
    name = re.split(r"[/\\]", filename)[-1].lower()
    stem, dot, extension = name.rpartition(".")
    return extensions().get(extension) if stem and dot else None


def is_compressible(mime: str) -> bool:
    """Whether bytes of this type are expected to shrink; parameters (`; charset=…`) don't matter."""
    essence = mime.split(";")[0].strip().lower()
    return essence in _COMPRESSIBLE or _TEXT.fullmatch(essence) is not None
