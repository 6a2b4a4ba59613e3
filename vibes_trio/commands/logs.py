"""`vibes-trio logs`: what happened to an app on the server, and what happens."""

import re
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from functools import partial

from vibes_trio.commands.apps import PAGE, check_limit, gather
from vibes_trio.commands.interrupts import until_interrupted
from vibes_trio.commands.output import OK, USAGE, CommandFailed, printable, tell
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.shown import print_line, print_struct
from vibes_trio.logs.colours import paint
from vibes_trio.storage.interface import iso_utc
from vibes_trio.wire.app_log import LogEntry, ReqReadAppLog

_SPAN = re.compile(r"(\d{1,6})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_BAD = ("refused", "packages-failed", "page-error")


def main(options: Namespace) -> int:
    """Print what happened to an app, oldest first; with `--follow` stay, and print what happens."""
    check_limit(options)
    since = read_since(options.since, time.time())
    show: Callable[[LogEntry], None] = print_line if options.json else print_entry

    async def follow(session: Session, app: AppName, last: int) -> None:
        async with session.api.app_log(app.handle, app.slug, last) as entries:
            async for event in entries:
                show(event.entry)

    async def work(session: Session) -> list[LogEntry]:
        app = await session.app(options.app)
        request = ReqReadAppLog(
            owner_handle=app.handle, app_slug=app.slug, since=since, limit=min(options.limit, PAGE)
        )
        newest = (await gather(session.pages(request), options.limit))[: options.limit]
        found = newest[::-1]
        if options.follow:
            for entry in found:
                show(entry)
            last = found[-1].number if found else await _last(session, app)
            await until_interrupted(partial(follow, session, app, last))
        return found

    found = ask_server(options, work)
    if options.json:
        print_struct(found)
        return OK
    for entry in found:
        print_entry(entry)
    if not found:
        tell("Nothing happened" + (" since then." if since else " yet."))
    return OK


async def _last(session: Session, app: AppName) -> int:
    """Return the number of the last entry; 0: there is none."""
    found = await session.ask(ReqReadAppLog(owner_handle=app.handle, app_slug=app.slug, limit=1))
    return found.items[0].number if found.items else 0


def read_since(text: str, now: float) -> str:
    """Return `--since` as the server takes it: a span until *now* (Unix seconds), or a time of this machine's clock.

    Raises:
        CommandFailed: it is neither.
    """
    if not text:
        return ""
    span = _SPAN.fullmatch(text.strip())
    try:
        if span is not None:
            return iso_utc(now - int(span[1]) * _SECONDS[span[2]])
        return iso_utc(datetime.fromisoformat(text.strip()).timestamp())
    except (ValueError, OverflowError) as error:
        raise CommandFailed(
            f"--since {text}: give a span such as 30m, 2h or 3d, or a time such as 2026-01-31T12:00.", USAGE
        ) from error


def print_entry(entry: LogEntry) -> None:
    """Print an entry for people: when, what, which release, and more of it in words."""
    when = datetime.fromisoformat(entry.created).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    release = f"v{entry.release_seq}" if entry.release_seq else ""
    mode = f"({entry.mode})" if entry.mode == "dev" or entry.kind == "mode-set" else ""
    what = paint(entry.kind, "red" if entry.kind in _BAD else "green", sys.stdout)
    words = printable(" ".join(entry.words.split()))
    told = " ".join(part for part in (when, what, release, mode) if part)
    print(f"{told}: {words}" if words else told, flush=True)
