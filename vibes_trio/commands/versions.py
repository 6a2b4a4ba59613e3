"""`vibes-trio versions`, and how commands name a release: `v12`, `12`, or the start of its id."""

import re
import time
from argparse import Namespace

from vibes_trio.client.paging import Pages
from vibes_trio.commands.apps import PAGE, check_limit, cut, gather
from vibes_trio.commands.output import OK, CommandFailed
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.shown import print_list, shown_age
from vibes_trio.content.sizes import shown_size
from vibes_trio.errors import NotFound
from vibes_trio.wire.apps import ReqListVersions, ResListVersions, Version
from vibes_trio.wire.settings import ReqEnsureAppSettings

SHOWN_ID_CHARS = 12
MIN_ID_CHARS = 4
_NUMBER = re.compile(r"v?(\d{1,9})")
_PLAIN_NUMBER = re.compile(r"v\d{1,9}")


def list_versions(options: Namespace) -> int:
    """List the releases of an app."""

    async def work(session: Session) -> tuple[AppName, list[Version]]:
        app = await session.app(options.app)
        found = await gather(pages_of(session, app, options.limit), options.limit)
        if not found:
            await check_app(session, app)
        return app, found

    check_limit(options)
    app, versions = ask_server(options, work)
    now = time.time()
    print_list(
        options,
        cut(versions, options.limit),
        ("", "RELEASE", "ID", "MODE", "CREATED", "SIZE", "MESSAGE"),
        lambda version: (
            "*" if version.published else "",
            f"v{version.release_seq}",
            version.fs_id[:SHOWN_ID_CHARS],
            version.mode,
            shown_age(version.created, now),
            shown_size(version.size) if version.size else "",
            version.message,
        ),
        f"{app} has no releases yet: `vibes-trio deploy FOLDER --app {app.slug}` makes one.",
    )
    return OK


def pages_of(session: Session, app: AppName, limit: int = PAGE) -> Pages[ResListVersions]:
    """Return the releases of *app*, newest first, page by page; the first has one more than *limit*, if there are."""
    request = ReqListVersions(owner_handle=app.handle, app_slug=app.slug, limit=min(limit + 1, PAGE))
    return session.pages(request)


async def find_release(session: Session, app: AppName, named: str) -> Version:
    """Return the release of *app* that `v12`, `12` or the start of an id names.

    Raises:
        CommandFailed: several ids start so.
        NotFound: there is no such release, or no such app.
    """
    number = _NUMBER.fullmatch(named)
    found: list[Version] = []
    is_there = False
    async for page in pages_of(session, app):
        is_there = is_there or bool(page.items)
        for version in page.items:
            if number is not None and version.release_seq == int(number[1]):
                return version
            if number is None and len(named) >= MIN_ID_CHARS and version.fs_id.startswith(named):
                found.append(version)
        if number is not None and page.items and page.items[-1].release_seq < int(number[1]):
            break
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandFailed(
            f"{app}: {len(found)} releases have an id that starts with {named}. Give more of it."
        )
    if not is_there:
        await check_app(session, app)
    raise NotFound(
        f"{app}: there is no release {named}. `vibes-trio versions {app}` lists them; name one as v12, or by the "
        "start of its id."
    )


def is_number(named: str) -> bool:
    """Return whether *named* can be a release's number only: `v12`."""
    return _PLAIN_NUMBER.fullmatch(named) is not None


async def check_app(session: Session, app: AppName) -> None:
    """Look whether there is such an app: to a list of its releases one that is missing is as one without any.

    Raises:
        NotFound: there is none, or none that may be seen.
    """
    if (await session.ask(ReqEnsureAppSettings(owner_handle=app.handle, app_slug=app.slug))).error:
        raise no_app(app)


def no_app(app: AppName) -> NotFound:
    """Return what to raise where there is no such app, or none that may be seen."""
    return NotFound(f"{app}: there is no such app, or you may not see it. `vibes-trio apps` lists yours.")
