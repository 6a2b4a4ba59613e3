"""The style sheet and the scripts of pages, at addresses that name what they are: caches keep them for ever."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from vibes_trio.content.example_files import read_example
from vibes_trio.wire.base import encode

EXAMPLE = "example.json"
"""The one of them that is made."""
ROOM = "/~~pages~~"
"""What the paths of all begin with: no message and no app has such."""
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "json": "application/json",
    }
)


@cache  # they are the program's own
def static_files() -> Mapping[str, bytes]:
    """Return all by name."""
    folder = files("vibes_trio.pages").joinpath("static")
    names = sorted(file.name for file in folder.iterdir() if file.name.rpartition(".")[2] in TYPES)
    contents = {name: folder.joinpath(name).read_bytes() for name in names}
    return MappingProxyType(contents | {EXAMPLE: _example()})


def _example() -> bytes:
    """Return the files of the example app, for the page that publishes it: a list of `name` and `content`, base64."""
    files = [{"name": name, "content": content} for name, content in read_example().items()]
    return encode(files)


@cache
def static_stamp() -> str:
    """Return what changes when any of them does: modules import each other beside them."""
    digest = hashlib.sha256()
    for name, content in static_files().items():
        digest.update(b"%s %d " % (name.encode(), len(content)) + content)
    return digest.hexdigest()[:16]


def static_path(name: str) -> str:
    """Return where the file *name* is. A name that is none is a mistake in a template.

    Raises:
        KeyError: there is no such file.
    """
    static_files()[name]
    return f"{ROOM}/{static_stamp()}/{name}"
