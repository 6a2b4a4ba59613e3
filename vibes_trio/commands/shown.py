"""Answers of a server as commands print them; what they hold may have been written by others."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from vibes_trio.client.clock import shown_span
from vibes_trio.commands.output import print_table, tell
from vibes_trio.wire.base import encode

T = TypeVar("T")
JUST_NOW_S = 5


def print_struct(value: object) -> None:
    """Print a record of `wire`, or a list of some, for programs."""
    print(msgspec.json.format(encode(value)).decode(), flush=True)


def print_line(value: object) -> None:
    """Print a record of `wire` as one of many, for programs: a line each, as they come."""
    print(encode(value).decode(), flush=True)


def print_list(
    options: Namespace, items: Sequence[T], head: Sequence[str], row: Callable[[T], Sequence[str]], none: str
) -> None:
    """Print *items* as an array for programs, else as a table; where there are none, say so with *none*."""
    if options.json:
        print_struct(items)
    elif items:
        print_table(head, [row(item) for item in items])
    else:
        tell(none)


def shown_age(time: str, now: float) -> str:
    """Return how long ago *time* (ISO) was, as people say it; empty: never. *now* is Unix seconds."""
    if not time:
        return ""
    ago = now - datetime.fromisoformat(time).timestamp()
    return "just now" if ago < JUST_NOW_S else f"{shown_span(ago)} ago"
