"""The page at `/`: what this server is, to who is not signed in; else my apps, and where new ones are dropped."""

from collections.abc import Callable
from functools import partial
from typing import Literal
from urllib.parse import urlencode

from vibes_trio.config import Limits
from vibes_trio.content.sizes import shown_size
from vibes_trio.content.slugs import MAX_APP_NAME_CHARS, slug_of
from vibes_trio.pages.start import start_page
from vibes_trio.pages.visit import Shown, Visit
from vibes_trio.urls import app_url
from vibes_trio.wire.apps import ReqListRecentVibes
from vibes_trio.wire.deletions import ReqListDeletions
from vibes_trio.wire.me import ReqWhoAmI
from vibes_trio.wire.sharing import ReqListMemberships

APPS_AT_ONCE = 24
OTHERS_AT_ONCE = 50
GONE_AT_ONCE = 20


async def home_page(visit: Visit) -> Shown:
    """Return what to show."""
    return await _home(visit) if visit.session is not None else await start_page(visit)


async def _home(visit: Visit) -> Shown:
    search, cursor = visit.query.get("search", ""), visit.query.get("cursor", "")
    order: Literal["name", "recent"] = "name" if visit.query.get("order") == "name" else "recent"
    asked = ReqListRecentVibes(
        limit=APPS_AT_ONCE,
        cursor=cursor,
        search=search,
        order=order,
        with_now=True,
    )
    found = await visit.ask(asked)
    me = await visit.ask(ReqWhoAmI())
    others = await visit.ask(ReqListMemberships(limit=OTHERS_AT_ONCE))
    gone = await visit.ask(ReqListDeletions(limit=GONE_AT_ONCE))
    return Shown(
        "home.html",
        {
            "apps": found.items,
            "others": others.items,
            "gone": gone.items,
            "me": me,
            "total": me.usage["apps"].used,
            "search": search,
            "order": order,
            "is_part": bool(search or cursor),
            "next": f"/?{_query(search, order, found.next_cursor)}" if found.next_cursor else "",
            "limits": drop_limits(visit.app.config.limits),
            "suggested": slug_of(visit.session.user_name, MAX_APP_NAME_CHARS) if visit.session else "",
            "deleted": visit.query.get("deleted", ""),
            "size": shown_size,
            "address": address_of(visit),
        },
    )


def _query(search: str, order: str, cursor: str) -> str:
    members = {"search": search, "order": order if order != "recent" else "", "cursor": cursor}
    return urlencode({name: value for name, value in members.items() if value})


def drop_limits(limits: Limits) -> dict[str, int]:
    """Return what the scripts that read folders and archives keep to."""
    return {
        "files": limits.max_files,
        "fileBytes": limits.max_file_bytes,
        "releaseBytes": limits.max_release_bytes,
        "entries": limits.folder_entries,
        "nameChars": limits.max_filename_chars,
        "messageBytes": limits.max_frame_bytes,
    }


def address_of(visit: Visit) -> Callable[[str, str], str]:
    """Return what makes the address of an app, of its slug and handle."""
    config = visit.app.config
    return partial(app_url, config.protocol, config.hostname_base)
