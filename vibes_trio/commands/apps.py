"""`vibes-trio apps`: what there is."""

import time
from argparse import Namespace
from typing import Any, TypeVar

from vibes_trio.client.paging import Pages
from vibes_trio.commands.output import OK, USAGE, CommandFailed, tell
from vibes_trio.commands.session import Session, ask_server
from vibes_trio.commands.shown import print_list, shown_age
from vibes_trio.wire.apps import ListedApp, ReqListRecentVibes

T = TypeVar("T")  # Any, below: each list has items of its own type

PAGE = 100


def list_apps(options: Namespace) -> int:
    """List my apps."""

    async def work(session: Session) -> list[ListedApp]:
        request = ReqListRecentVibes(
            order="name" if options.by_name else "recent",
            search=options.search,
            limit=min(options.limit + 1, PAGE),
        )
        return await gather(session.pages(request), options.limit)

    check_limit(options)
    now = time.time()
    print_list(
        options,
        cut(ask_server(options, work), options.limit),
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


async def gather(pages: Pages[Any], limit: int) -> list[Any]:
    """Return the items of *pages*: more than *limit* if there are, so that it can be said, and no page beyond."""
    found: list[Any] = []
    async for page in pages:
        found += page.items
        if len(found) > limit:
            break
    return found


def cut(found: list[T], limit: int) -> list[T]:
    """Return the first *limit* of what was *found*; say so if there is more."""
    if len(found) > limit:
        tell(f"There are more than {limit}: --limit N shows more.")
    return found[:limit]


def check_limit(options: Namespace) -> None:
    """Raises CommandFailed: a limit that is none."""
    if options.limit < 1:
        raise CommandFailed(f"--limit: a number from 1 on is wanted; got {options.limit}.", USAGE)
