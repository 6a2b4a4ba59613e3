"""The files of the example app, as they lie in this package."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

_NOT_OF_THE_APP = frozenset({"__init__.py", "__pycache__"})


def read_example() -> Mapping[str, bytes]:
    """Return name (`parts/Ring.jsx`) → content, in the order of their names."""
    return dict(_read(files("vibes_trio") / "example", ""))


def _read(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = prefix + entry.name
        if entry.name in _NOT_OF_THE_APP:
            continue
        found += _read(entry, f"{name}/") if entry.is_dir() else [(name, entry.read_bytes())]
    return found
