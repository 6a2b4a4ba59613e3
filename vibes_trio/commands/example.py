"""`vibes-trio example`: the example app, written out to start from."""

from argparse import Namespace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from vibes_trio.commands.output import OK, CommandFailed, program, tell

_NOT_OF_THE_APP = frozenset({"__init__.py", "__pycache__"})


def main(options: Namespace) -> int:
    """Write the example app into a new or empty folder."""
    folder = Path(options.folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandFailed(f"{folder}: is there already and not an empty folder. Choose another name.")
    count = copy_tree(files("vibes_trio") / "example", folder)
    print(folder)
    tell(f"{count} files. Next: {program()} deploy {folder}")
    return OK


def copy_tree(source: Traversable, folder: Path) -> int:
    """Write what is in *source* into *folder*, made if need be; return how many files that are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        if entry.name in _NOT_OF_THE_APP:
            continue
        if entry.is_dir():
            count += copy_tree(entry, folder / entry.name)
        else:
            (folder / entry.name).write_bytes(entry.read_bytes())
            count += 1
    return count
