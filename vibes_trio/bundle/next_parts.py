"""The parts of Next that are plain in a browser, as modules of our own."""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

_PARTS = {
    "next/link": "link",
}
_FOLDER = files("vibes_trio.content").joinpath("static", "next")
_TEXTS: Mapping[str, str] = MappingProxyType({})


def next_part(specifier: str) -> str | None:
    """Return the module that stands for *specifier*; None: it is none of Next's, or can't be had in a browser."""
    return _TEXTS.get(specifier)
