"""The page of an app: its releases, who sees it, what is set of it, its packages, and what went wrong on its page.

What somebody sees of it is what the messages answer them: a viewer less than an editor, an editor less than its owner.
"""

from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

import segno

from vibes_trio.content.sizes import shown_size
from vibes_trio.errors import NotFound, VibesError
from vibes_trio.pages.home import address_of, drop_limits
from vibes_trio.pages.visit import GoTo, Shown, Visit
from vibes_trio.pages.wrapper import missing_app
from vibes_trio.urls import app_url, entry_point_url, page_round
from vibes_trio.wire.apps import ReqListVersions, ResListVersions, Version
from vibes_trio.wire.me import ReqWhoAmI
from vibes_trio.wire.packages import ReqListReleasePackages, ResListReleasePackages
from vibes_trio.wire.page_errors import ReqListPageErrors, ResListPageErrors
from vibes_trio.wire.settings import ReqEnsureAppSettings, ResEnsureAppSettings
from vibes_trio.wire.sharing import (
    ReqHasAccessInvite,
    ReqHasAccessRequest,
    ReqListInviteGrants,
    ReqListMembers,
    ReqListRequestGrants,
    ReqListShareLinks,
)
from vibes_trio.wire.versions import ReqCompareReleases, ResCompareReleases

APP = "/apps/<handle>/<slug>"
VERSIONS_AT_ONCE = 10
NOBODY = "------"
"""What the settings say of whose the app is to who may not deploy it."""
QR_BORDER = 2
QR_SCALE = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A release in the timeline. *changes*: against the one before it; None: there is none, or it isn't known."""

    version: Version
    address: str
    changes: ResCompareReleases | None
    is_back: bool
    """Whether to publish it is to go back."""


async def app_page(visit: Visit, handle: str, slug: str) -> Shown | GoTo:
    """Return what to show; of an app that isn't there, or not for them, what to do.

    Raises:
        BadRequest: no app can be called so.
    """
    settings = await visit.ask(ReqEnsureAppSettings(owner_handle=handle, app_slug=slug))
    if settings.error:
        return await missing_app(visit, handle, slug)
    me = await visit.ask(ReqWhoAmI())
    handle, slug = settings.owner_handle, settings.app_slug
    is_owner, deploys = settings.user_id == me.user_id, settings.user_id != NOBODY
    listed = await _versions(visit, handle, slug)
    config = visit.app.config
    address = app_url(config.protocol, config.hostname_base, slug, handle)
    given: dict[str, object] = {
        "me": me,
        "handle": handle,
        "slug": slug,
        "title": settings.settings.entry.settings.title or slug,
        "entry": settings.settings.entry,
        "is_owner": is_owner,
        "deploys": deploys,
        "role": "owner" if is_owner else "editor" if deploys else await _role(visit, handle, slug),
        "address": address,
        "qr": _qr_code(address),
        "rows": await _rows(visit, listed),
        "next": f"{visit.path}?cursor={quote(listed.next_cursor)}" if listed.next_cursor else "",
        "unpublished": listed.unpublished_at,
        "is_part": "cursor" in visit.query,
        "published": next((one for one in listed.items if one.published), None),
        "limits": drop_limits(config.limits),
        "size": shown_size,
        "opened": _opened(visit, settings, address),
        "chats_path": f"/chats?app={quote(f'{slug} {handle}')}" if deploys else "",
        "packages": await _packages(visit, handle, slug),
        "app_address": address_of(visit),
    }
    if deploys:
        given["errors"] = await _errors(visit, handle, slug)
    if is_owner:
        given |= await _sharing(visit, handle, slug)
    return Shown("app.html", given)


def _opened(visit: Visit, settings: ResEnsureAppSettings, address: str) -> str:
    """Return where the app is opened: of one that may be private only the page round it knows who may see it."""
    if settings.settings.entry.visibility in ("public", "unlisted"):
        return address
    config = visit.app.config
    return page_round(config.protocol, config.hostname_base, settings.owner_handle, settings.app_slug)


async def _versions(visit: Visit, handle: str, slug: str) -> ResListVersions:
    cursor = visit.query.get("cursor", "")
    return await visit.ask(
        ReqListVersions(owner_handle=handle, app_slug=slug, limit=VERSIONS_AT_ONCE, cursor=cursor)
    )


async def _rows(visit: Visit, listed: ResListVersions) -> list[Row]:
    config = visit.app.config
    handle, slug = listed.owner_handle, listed.app_slug
    shown = next((one.release_seq for one in listed.items if one.published), 0)
    before = dict(pairwise(listed.items))
    rows = []
    for version in listed.items:
        address = entry_point_url(config.protocol, config.hostname_base, slug, handle, version.fs_id)
        changes = await _changes(visit, listed, before.get(version), version)
        rows.append(Row(version, address, changes, version.release_seq < shown))
    return rows


async def _changes(
    visit: Visit, listed: ResListVersions, old: Version | None, new: Version
) -> ResCompareReleases | None:
    if old is None:
        return None
    asked = ReqCompareReleases(
        owner_handle=listed.owner_handle,
        app_slug=listed.app_slug,
        from_fs_id=old.fs_id,
        to_fs_id=new.fs_id,
    )
    try:
        return await visit.ask(asked)
    except VibesError:
        return None  # one has gone meanwhile


async def _role(visit: Visit, handle: str, slug: str) -> str:
    """Return as what somebody who can't deploy an app sees it: `viewer`, or `visitor` where anybody may."""
    invited = await visit.ask(ReqHasAccessInvite(owner_handle=handle, app_slug=slug))
    if invited.state == "accepted":
        return "viewer"
    asked = await visit.ask(ReqHasAccessRequest(owner_handle=handle, app_slug=slug))
    return "viewer" if asked.state == "approved" else "visitor"


async def _packages(visit: Visit, handle: str, slug: str) -> ResListReleasePackages | None:
    try:
        return await visit.ask(ReqListReleasePackages(owner_handle=handle, app_slug=slug))
    except NotFound:
        return None  # nothing is shown


async def _errors(visit: Visit, handle: str, slug: str) -> ResListPageErrors:
    return await visit.ask(ReqListPageErrors(owner_handle=handle, app_slug=slug))


async def _sharing(visit: Visit, handle: str, slug: str) -> dict[str, object]:
    members = await visit.ask(ReqListMembers(owner_handle=handle, app_slug=slug))
    invites = await visit.ask(ReqListInviteGrants(owner_handle=handle, app_slug=slug))
    requests = await visit.ask(ReqListRequestGrants(owner_handle=handle, app_slug=slug))
    links = await visit.ask(ReqListShareLinks(owner_handle=handle, app_slug=slug))
    return {
        "members": members.members,
        "invites": invites.items,
        "requests": requests.items,
        "links": links.items,
    }


def _qr_code(address: str) -> str:
    """Return the QR code of *address* as an SVG element."""
    return str(
        segno.make(address, error="m").svg_inline(
            scale=QR_SCALE, border=QR_BORDER, dark="#000", light="#fff", title=f"QR code of {address}"
        )
    )
