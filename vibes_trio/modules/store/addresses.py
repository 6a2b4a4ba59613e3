"""Where the modules of packages are served, and what is kept of one that was built."""

import msgspec

PREFIX = "/~esm/"


class Built(msgspec.Struct, frozen=True):
    """A module as the browser gets it; *imports* are addresses under `/~esm/`."""

    address: str
    key: str
    code: bytes
    imports: tuple[str, ...]


def version_in(address: str) -> str:
    """Return the version of the package whose entry is served at *address*; empty: it names none."""
    name = address.removeprefix(PREFIX)[1:]  # a scope begins with @, too
    return name.partition("@")[2].partition("/")[0]


def address_of(name: str, version: str, subpath: str) -> str:
    """Return where the entry *subpath* (`""`: main) of a package is served."""
    return f"{PREFIX}{name}@{version}{'/' + subpath if subpath else ''}"
