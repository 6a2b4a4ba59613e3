"""Private apps in browsers: an address with a secret in its fragment, which its page hands in for a cookie.

A fragment is sent to nobody and stands in no log. The page that who may not see an app gets, the same that stands where
no app is, posts it to its own host (`content/static/share.js`) and is given a cookie for that host alone.
"""

from vibes_trio.browsers import is_same_page
from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest, NotFound
from vibes_trio.exchange import HttpIncoming, Reply
from vibes_trio.services.access import admit
from vibes_trio.services.app_list import clamp
from vibes_trio.services.sharing import KEY_BYTES, TOKEN_BYTES, random_text
from vibes_trio.services.visibility import MAX_TOKEN_CHARS, cookie_for, find_entrant, hash_token
from vibes_trio.storage import shares
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.shares import ShareLink
from vibes_trio.urls import app_url
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.sharing import (
    ListedShareLink,
    ReqCreateShareLink,
    ReqListShareLinks,
    ReqRevokeShareLink,
    ResCreateShareLink,
    ResListShareLinks,
    ResRevokeShareLink,
)

FRAGMENT = "vibes-share="
FRAMED = "x-vibes-framed"
"""The header by which the page that hands a secret in says that it lies in a frame."""


async def create_share_link(ctx: Ctx, req: ReqCreateShareLink) -> ResCreateShareLink:
    """Make an address by which browsers see an app, as long as who asks may see it.

    Raises:
        BadRequest: a time that is too long, or none.
        NotFound, NotOwner: see `access.admit`.
        LimitReached: see `shares.make_link`.
    """
    limits = ctx.app.config.limits
    valid_s = req.valid_s or limits.share_link_s
    if not 0 < valid_s <= limits.share_link_s:
        raise BadRequest(f"validS: more than 0 and at most {limits.share_link_s:.0f} seconds.")
    token = random_text(TOKEN_BYTES)
    link = await ctx.app.db.write(_make, ctx, req, token, valid_s)
    config = ctx.app.config
    address = app_url(config.protocol, config.hostname_base, link.app_slug, link.user_slug)
    return ResCreateShareLink(
        app_slug=link.app_slug,
        owner_handle=link.user_slug,
        link_id=link.link_id,
        url=f"{address}#{FRAGMENT}{token}",
        expires=link.expires,
    )


async def list_share_links(ctx: Ctx, req: ReqListShareLinks) -> ResListShareLinks:
    """Return the links into an app.

    Raises:
        BadRequest: a cursor of another list.
        NotFound, NotOwner: see `access.admit`.
    """
    limit = clamp(req.limit, ctx)
    after = read_cursor(req.cursor, "links", tuple[str, str]) if req.cursor else ("", "")
    found = await ctx.app.db.read(_list, ctx, req, after, limit + 1)
    items = found[:limit]
    return ResListShareLinks(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        items=tuple(
            ListedShareLink(
                link_id=one.link_id, user_id=one.user_id, created=one.created, expires=one.expires
            )
            for one in items
        ),
        next_cursor=write_cursor("links", items[-1].created, items[-1].link_id) if len(found) > limit else "",
    )


async def revoke_share_link(ctx: Ctx, req: ReqRevokeShareLink) -> ResRevokeShareLink:
    """Take a link back: at once it lets nobody in any more.

    Raises:
        NotFound, NotOwner: see `access.admit`; or there is no such link.
    """
    await ctx.app.db.write(_remove, ctx, req)
    return ResRevokeShareLink(app_slug=req.app_slug, owner_handle=req.owner_handle, link_id=req.link_id)


async def let_browser_in(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    """Return a cookie for the secret that was posted, by a page of the same host.

    Raises:
        NotFound: it lets nobody in here, or a page of another host posts it, which would decide who visits as whom.
            Whether there is an app isn't told.
    """
    host = incoming.host_name
    assert host is not None
    assert host.app is not None
    assert host.user is not None
    token = incoming.body.decode("ascii", "replace") if len(incoming.body) <= MAX_TOKEN_CHARS else ""
    is_own = is_same_page(incoming.headers, incoming.host)
    entrant = await ctx.app.db.get(find_entrant, host.app, host.user, (token,) if is_own else ())
    if entrant is None:
        raise NotFound("This link lets nobody in here: it may be too old, or taken back.")
    cookie = cookie_for(ctx.app, token, framed=FRAMED in incoming.headers)
    return Reply(204, (("set-cookie", cookie), ("cache-control", "no-store")))


def _make(tx: Tx, ctx: Ctx, req: ReqCreateShareLink, token: str, valid_s: float) -> ShareLink:
    app = admit(tx, ctx, req).app
    return shares.make_link(
        tx,
        app,
        ctx.asker.user_id,
        random_text(KEY_BYTES),
        hash_token(token),
        valid_s=valid_s,
        limit=ctx.app.config.limits.links_per_app,
    )


def _list(
    tx: Tx, ctx: Ctx, req: ReqListShareLinks, after: tuple[str, str], limit: int
) -> tuple[ShareLink, ...]:
    return shares.list_links(tx, admit(tx, ctx, req).app, after=after, limit=limit)


def _remove(tx: Tx, ctx: Ctx, req: ReqRevokeShareLink) -> None:
    shares.remove_link(tx, admit(tx, ctx, req).app, req.link_id)
