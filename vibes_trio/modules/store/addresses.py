"""Where the modules of packages are served, and what is kept of one that was built."""

import msgspec

PREFIX = "/~esm/"


class Built(msgspec.Struct, frozen=True):
    """A module as the browser gets it; *imports* are addresses under `/~esm/`."""

    address: str
    key: str
    code: bytes
    imports: tuple[str, ...]


def address_of(name: str, version: str, subpath: str) -> str:
    """Return where the entry *subpath* (`""`: main) of a package is served."""
    return f"{PREFIX}{name}@{version}{'/' + subpath if subpath else ''}"
