"""How commands talk: results to standard output, everything else to standard error; colour for terminals only."""

import json
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from vibes_trio.logs.colours import paint

NAME = "vibes-trio"

# Exit codes of the program; `vibes-trio --help` tells them too.
OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 3
UNUSABLE = 4
INTERRUPTED = 130

MIN_CELLS = 8  # so narrow a column can become
GAP = 2  # cells between two columns


class CommandFailed(Exception):
    """A command can't do what it was asked for.

    Args:
        message: what is wrong, where, what to do.
        exit_code: of the process; one of the constants above.
    """

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def program() -> str:
    """Return what people type here to run this program: its name if a shell finds it, else where it is."""
    here = Path(sys.argv[0])
    if here.name != NAME or shutil.which(NAME) is not None:
        return NAME
    return str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)


def tell(text: str) -> None:
    """Print a line beside the result: what is being done, what to mind."""
    print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Print a warning."""
    tell(f"{paint('warning:', 'yellow', sys.stderr)} {text}")


def print_error(text: str) -> None:
    """Print an error: what, where, what to do."""
    tell(f"{paint('error:', 'red', sys.stderr)} {text}")


def print_json(value: object) -> None:
    """Print *value* as JSON, for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False), flush=True)


def print_error_json(text: str, code: str, exit_code: int) -> None:
    """Print an error for programs, to where errors go: one line of JSON."""
    error = {"code": code, "message": text, "exitCode": exit_code}
    tell(json.dumps({"error": error}, ensure_ascii=False))


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print *rows* in columns under *head*. On a terminal lines fit, the widest cells being cut; a pipe gets all."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(head, *rows, strict=True)]
    whole = sum(widths) + GAP * (len(widths) - 1)
    if sys.stdout.isatty():
        whole = shutil.get_terminal_size().columns
        widths = fitted(widths, whole)
    # Where columns are as narrow as they may be, the last ones have no place.
    top, *lines = (_cut(_line(row, widths), whole) for row in (head, *rows))
    print(paint(top, "bold", sys.stdout))
    for line in lines:
        print(line)
    sys.stdout.flush()


def printable(text: str) -> str:
    """Return *text*, which others may have written, without what moves a terminal's cursor or changes its colours."""
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "\ufffd" for letter in text
    )


def width_of(text: str) -> int:
    """Return how many cells of a terminal *text* takes: two for wide letters, none for what joins the one before."""
    return sum(_cells(letter) for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def fitted(widths: Sequence[int], whole: int) -> list[int]:
    """Return *widths*, the widest narrowed, none below MIN_CELLS, until a line has at most *whole* cells."""
    fit = [min(width, whole) for width in widths]
    while sum(fit) + GAP * (len(fit) - 1) > whole and max(fit) > MIN_CELLS:
        fit[fit.index(max(fit))] -= 1
    return fit


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = [_cut(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return (
        (" " * GAP)
        .join(cell + " " * (width - width_of(cell)) for cell, width in zip(shown, widths, strict=True))
        .rstrip()
    )


def _cut(cell: str, width: int) -> str:
    if width_of(cell) <= width:
        return cell
    kept = cell[:width]
    while width_of(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"
