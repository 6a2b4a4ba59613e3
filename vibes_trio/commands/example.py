"""`vibes-trio example`: the example app, written out to start from."""

from argparse import Namespace
from pathlib import Path

from vibes_trio.commands.output import OK, CommandFailed, program, tell
from vibes_trio.content.example_files import read_example


def main(options: Namespace) -> int:
    """Write the example app into a new or empty folder."""
    folder = Path(options.folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandFailed(f"{folder}: is there already and not an empty folder. Choose another name.")
    contents = read_example()
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(folder)
    tell(f"{len(contents)} files. Next: {program()} deploy {folder}")
    return OK
