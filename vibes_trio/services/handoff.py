"""Who looks at an app, as the page round it and the app itself may know it."""

from vibes_trio.context import Ctx
from vibes_trio.exchange import UserSlug
from vibes_trio.services.access import Admitted, admit, full_name
from vibes_trio.services.me import find_default_handle
from vibes_trio.services.sharing import TOKEN_BYTES, random_text
from vibes_trio.services.visibility import hash_token
from vibes_trio.storage.entries import make_entry
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.access import Relation
from vibes_trio.wire.handoff import Level, ReqHandOff, ReqWhoAmI, ResHandOff, ResWhoAmI, Viewer

_LEVELS: dict[Relation, Level] = {
    Relation.OWNER: "editor",
    Relation.EDITOR: "editor",
    Relation.VIEWER: "viewer",
    Relation.SIGNED_IN: "none",
    Relation.ANYONE: "none",
}


async def who_am_i(ctx: Ctx, req: ReqWhoAmI) -> ResWhoAmI:
    """Return who looks at an app that they may see. No address and no id of theirs is told.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound: see `access.admit`.
        RequireLogin: an app asks about another.
    """
    admitted, handle = await ctx.app.db.read(_look_at, ctx, req)
    is_owner = admitted.relation is Relation.OWNER
    is_known = ctx.user_id is not None
    admin = req.admin_mode and is_owner
    return ResWhoAmI(
        tid=req.tid or (ctx.envelope.tid if ctx.envelope is not None else ""),
        viewer=Viewer(user_handle=handle or "", display_name=handle or "") if is_known else None,
        access="override" if admin else _LEVELS[admitted.relation],
        is_owner=is_owner,
        needs_handle=is_known and handle is None,
        admin_mode=admin,
        signed_out=not is_known,
    )


async def hand_off(ctx: Ctx, req: ReqHandOff) -> ResHandOff:
    """Return a token for an app, which says who looks at it: who asks.

    A session counts only where a page of this server's own asks (`browsers.py`): for other pages that is nobody.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound: see `access.admit`.
    """
    admitted, handle = await ctx.app.db.read(_look_at, ctx, req)
    assert ctx.app.hand_off is not None, "who answers messages has one"
    app = admitted.app
    entry = ""
    if req.enter and app.visibility == "private":
        entry = random_text(TOKEN_BYTES)
        await ctx.app.db.write(_let_in, ctx, req, entry)
    handed = ctx.app.hand_off.hand(full_name(app.app_slug, app.user_slug), ctx.claims, handle or "")
    return ResHandOff(
        app_slug=app.app_slug,
        owner_handle=app.user_slug,
        token=handed.token,
        expires=handed.expires,
        valid_s=int(ctx.app.config.limits.handed_valid_s),
        entry=entry,
    )


def _look_at(tx: Tx, ctx: Ctx, req: ReqWhoAmI | ReqHandOff) -> tuple[Admitted, UserSlug | None]:
    admitted = admit(tx, ctx, req)
    return admitted, find_default_handle(tx, ctx.user_id) if ctx.user_id is not None else None


def _let_in(tx: Tx, ctx: Ctx, req: ReqHandOff, entry: str) -> None:
    limits = ctx.app.config.limits
    make_entry(
        tx,
        admit(tx, ctx, req).app,
        ctx.asker.user_id,
        hash_token(entry),
        hash_token(ctx.session) if ctx.session else "",
        valid_s=limits.entry_s,
        limit=limits.entries_per_user,
    )
