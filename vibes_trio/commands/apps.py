"""`vibes-trio apps`: what there is."""

import time
from argparse import Namespace
from typing import TypeVar

from vibes_trio.commands.output import OK, USAGE, CommandFailed, tell
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.shown import print_list, shown_age
from vibes_trio.wire.apps import ListedApp, ReqListRecentVibes

T = TypeVar("T")

PAGE = 100


def list_apps(options: Namespace) -> int:
    """List my apps."""

    async def work(session: Session) -> list[ListedApp]:
        request = ReqListRecentVibes(
            order="name" if options.by_name else "recent",
            search=options.search,
            limit=min(options.limit, PAGE),
        )
        found: list[ListedApp] = []
        async for page in session.pages(request):
            found += page.items
            if len(found) > options.limit:
                break
        return cut(found, options.limit)

    check_limit(options)
    now = time.time()
    print_list(
        options,
        ask_server(options, work),
        ("APP", "TITLE", "STATE", "CHANGED"),
        lambda app: (
            f"{app.owner_handle}/{app.app_slug}",
            app.title,
            state_of(app),
            shown_age(app.updated, now),
        ),
        "No apps yet: `vibes-trio deploy FOLDER` publishes one.",
    )
    return OK


def state_of(app: ListedApp) -> str:
    """Return whether others see *app*."""
    if app.unpublished_at:
        return "unpublished"
    return "tried out" if app.never_published else "published"


def cut(found: list[T], limit: int) -> list[T]:
    """Return the first *limit* of what was *found*; say so if there is more."""
    if len(found) > limit:
        tell(f"There are more than {limit}: --limit N shows more.")
    return found[:limit]


def check_limit(options: Namespace) -> None:
    """Raises CommandFailed: a limit that is none."""
    if options.limit < 1:
        raise CommandFailed(f"--limit: a number from 1 on is wanted; got {options.limit}.", USAGE)
