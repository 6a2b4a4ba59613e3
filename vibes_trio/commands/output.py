"""How commands talk: results to standard output, everything else to standard error; colour for terminals only."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TextIO

NAME = "vibes-trio"

# Exit codes of the program; `vibes-trio --help` tells them too.
OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 3
UNUSABLE = 4
INTERRUPTED = 130

Colour = Literal["bold", "dim", "red", "green", "yellow", "cyan"]
_CODES: dict[Colour, int] = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}


class CommandFailed(Exception):
    """A command can't do what it was asked for.

    Args:
        message: what is wrong, where, what to do.
        exit_code: of the process; one of the constants above.
    """

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def has_colour(stream: TextIO) -> bool:
    """Say whether *stream* shows colours: a terminal, and NO_COLOR (no-color.org) isn't set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: Colour, stream: TextIO) -> str:
    """Return *text* in *colour* where *stream* shows it, else as it is."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if has_colour(stream) else text


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


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print *rows* in columns under *head*."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(paint(_line(head, widths), "bold", sys.stdout))
    for row in rows:
        print(_line(row, widths))
    sys.stdout.flush()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
