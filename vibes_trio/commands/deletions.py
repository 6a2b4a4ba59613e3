"""`vibes-trio rm` and `undo`: what goes is told before, and can be had back for a while."""

import sys
import time
from argparse import Namespace

from vibes_trio.commands.output import OK, USAGE, CommandFailed, printable, tell
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.shown import print_list, print_struct, shown_age
from vibes_trio.commands.versions import find_release
from vibes_trio.content.sizes import shown_size
from vibes_trio.wire.deletions import (
    Gone,
    ListedDeletion,
    ReqDeleteApp,
    ReqDeleteRelease,
    ReqListDeletions,
    ReqUndoDeletion,
    ResUndoDeletion,
)


def remove(options: Namespace) -> int:
    """Delete an app, or one release of it, once whoever asks has said so."""

    async def work(session: Session) -> tuple[str, Gone]:
        app = await session.app(options.app)
        fs_id = (await find_release(session, app, options.release)).fs_id if options.release else ""
        name = f"release {options.release} of {app}" if fs_id else str(app)
        going = await _delete(session, app, fs_id, dry_run=True)
        if not options.yes:
            confirm(f"Delete {name}: {_shown_gone(going)}?")
        return name, await _delete(session, app, fs_id, dry_run=False)

    name, gone = ask_server(options, work)
    if options.json:
        print_struct(gone)
        return OK
    print(f"{name} is deleted: {_shown_gone(gone)}", flush=True)
    tell(
        f"Until {gone.undo_until[:16].replace('T', ' ')} UTC it can be had back: vibes-trio undo {gone.deletion_id}"
    )
    return OK


async def _delete(session: Session, app: AppName, fs_id: str, *, dry_run: bool) -> Gone:
    if not fs_id:
        return await session.ask(ReqDeleteApp(owner_handle=app.handle, app_slug=app.slug, dry_run=dry_run))
    return await session.ask(
        ReqDeleteRelease(owner_handle=app.handle, app_slug=app.slug, fs_id=fs_id, dry_run=dry_run)
    )


def _shown_gone(gone: Gone) -> str:
    number = f"{gone.releases} release{'' if gone.releases == 1 else 's'}"
    return f"{number}, {shown_size(gone.bytes)}"


def confirm(question: str, otherwise: str = "Nothing was deleted.") -> None:
    """Ask on the terminal; *otherwise* says what a no comes to.

    Raises:
        CommandFailed: the answer isn't yes, or there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Say --yes, as there is no terminal to ask on.", USAGE)
    tell(f"{question} [y/N]")
    if input().strip().lower() not in ("y", "yes"):
        raise CommandFailed(otherwise)


def undo(options: Namespace) -> int:
    """Have back what was deleted last, or what is named; or list what can be had back."""
    if options.list:
        return _list(options)

    async def work(session: Session) -> ResUndoDeletion:
        deletion = options.deletion or await _newest(session)
        return await session.ask(ReqUndoDeletion(deletion_id=deletion))

    back = ask_server(options, work)
    if options.json:
        print_struct(back)
    else:
        name = "/".join(filter(None, (back.owner_handle, back.app_slug)))
        print(
            f"{back.kind} {name} is back, with {back.releases} release{'' if back.releases == 1 else 's'}",
            flush=True,
        )
    return OK


async def _newest(session: Session) -> str:
    found = await session.ask(ReqListDeletions(limit=1))
    if not found.items:
        raise CommandFailed("There is nothing to have back: nothing was deleted in the last days.")
    return found.items[0].deletion_id


def _list(options: Namespace) -> int:
    async def work(session: Session) -> list[ListedDeletion]:
        return [item async for page in session.pages(ReqListDeletions()) for item in page.items]

    now = time.time()
    print_list(
        options,
        ask_server(options, work),
        ("ID", "WHAT", "RELEASES", "DELETED", "UNTIL"),
        lambda item: (
            item.deletion_id,
            printable(f"{item.kind} {'/'.join(filter(None, (item.owner_handle, item.app_slug)))}"),
            str(item.releases),
            shown_age(item.created, now),
            item.undo_until[:16].replace("T", " "),
        ),
        "Nothing was deleted that can be had back.",
    )
    return OK
