"""The `.vibesignore` of a folder, and `--include`: which files its owner wants left out, or sent all the same."""

from collections.abc import Sequence
from pathlib import Path

from vibes_trio.commands.output import CommandFailed
from vibes_trio.config import KiB
from vibes_trio.content.left_out import IGNORE_FILE, MAX_IGNORE_BYTES, Choice, make_choice
from vibes_trio.errors import BadRequest


def read_choice(folder: Path, include: Sequence[str] = ()) -> Choice:
    """Return the choice for *folder*: patterns of `--include`, and its `.vibesignore` if there is one.

    Raises:
        CommandFailed: one of them can't be used; says which.
    """
    file = folder / IGNORE_FILE
    try:
        return make_choice(str(file), _read_lines(file), include)
    except BadRequest as error:
        raise CommandFailed(error.message) from error


def _read_lines(file: Path) -> list[str]:
    if file.is_symlink() or not file.is_file():
        return []
    if file.stat().st_size > MAX_IGNORE_BYTES:
        raise CommandFailed(f"{file}: is larger than {MAX_IGNORE_BYTES // KiB} KiB.")
    try:
        return file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file}: is no UTF-8 text at byte {error.start}. Save it as UTF-8.") from error
