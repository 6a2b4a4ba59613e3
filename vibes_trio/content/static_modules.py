"""The scripts of our own that pages load, each under an address that holds the hash of its bytes.

They never change under their address, so they are served as immutable. The folder is read once, at import.
"""

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

import msgspec

ADDRESS_PREFIX = "/~esm/@vibes/"
_NAMES = (
    "address.js",
    "boot.js",
    "fonts.js",
    "hosted.js",
    "mount.js",
    "jsx-dev-runtime.js",
    "progress.js",
    "reload.js",
    "tailwind.js",
)
_VIBES_NAMES = ("call-ai.js", "fireproof.js", "images.js", "next-app.js", "use-vibes.js", "viewer.js")
_HASH_CHARS = 16


class StaticModule(msgspec.Struct, frozen=True):
    """One script: its address on every host of this server, and its bytes (UTF-8 JavaScript)."""

    address: str
    content: bytes


def _load(name: str, *folder: str) -> StaticModule:
    content = files("vibes_trio.content").joinpath("static", *folder, name).read_bytes()
    stem = name.removesuffix(".js")
    digest = hashlib.sha256(content).hexdigest()[:_HASH_CHARS]
    return StaticModule(f"{ADDRESS_PREFIX}{stem}.{digest}.js", content)


_VERSIONED = re.compile(rf"{re.escape(ADDRESS_PREFIX)}([a-z-]+)\.[0-9a-f]{{{_HASH_CHARS}}}\.js")
_BY_NAME: Mapping[str, StaticModule] = MappingProxyType(
    {name: _load(name) for name in _NAMES} | {name: _load(name, "vibes") for name in _VIBES_NAMES}
)
_BY_ADDRESS: Mapping[str, StaticModule] = MappingProxyType({m.address: m for m in _BY_NAME.values()})


def static_module(name: str) -> StaticModule:
    """Return the script *name*, such as `boot.js` or `call-ai.js`."""
    return _BY_NAME[name]


def find_static_module(path: str) -> StaticModule | None:
    """Return the script served at *path*, a path without query."""
    return _BY_ADDRESS.get(path)


def find_newer_module(path: str) -> StaticModule | None:
    """Return the script of today for a *path* of another version: same name, another hash."""
    match = _VERSIONED.fullmatch(path)
    return _BY_NAME.get(f"{match[1]}.js") if match else None
