"""What there is of apps: a list of a user's."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.context import Ctx
from vibes_trio.exchange import UserId
from vibes_trio.services.access import admit
from vibes_trio.services.app_now import AppGlance, app_now, glance_at
from vibes_trio.storage import app_states
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.apps import (
    AppNow,
    Icon,
    ListedApp,
    ReqListRecentVibes,
    ReqPinRecentVibe,
    ResListRecentVibes,
    ResPinRecentVibe,
)
from vibes_trio.wire.cursors import read_cursor, write_cursor

_SHAPES: Mapping[app_states.Order, type[tuple[str, ...]]] = {
    "recent": tuple[str, str, str, str],
    "name": tuple[str, str],
}
_icon_decoder = msgspec.json.Decoder(Icon)


async def list_recent_vibes(ctx: Ctx, req: ReqListRecentVibes) -> ResListRecentVibes:
    """Return apps of who asks.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit = clamp(req.limit, ctx)
    asked = app_states.AppsAsked(
        order=req.order,
        limit=limit + 1,
        after=read_cursor(req.cursor, req.order, _SHAPES[req.order]) if req.cursor else None,
        search=req.search[: ctx.app.config.limits.max_search_chars],
        with_unpublished=req.include_unpublished,
    )
    found, glances = await ctx.app.db.read(_list, ctx.asker.user_id, asked, with_glances=req.with_now)
    items, last = found[:limit], found[limit - 1 : limit] if len(found) > limit else ()
    now = {name: app_now(ctx.app, glance) for name, glance in glances.items()}
    return ResListRecentVibes(
        items=tuple(_told(listed, now.get(_name(listed.state), UNSET)) for listed in items),
        next_cursor="".join(
            write_cursor(req.order, *app_states.sort_keys(one.state, req.order)) for one in last
        ),
    )


async def pin_recent_vibe(ctx: Ctx, req: ReqPinRecentVibe) -> ResPinRecentVibe:
    """Put an app first in the list of its owner, or no longer.

    Raises:
        NotFound, NotOwner: see `access.admit`.
    """
    state, pinned = await ctx.app.db.write(_pin, ctx, req)
    return ResPinRecentVibe(app_slug=state.app_slug, owner_handle=state.user_slug, pinned_at=pinned)


def clamp(limit: int, ctx: Ctx) -> int:
    """Return how many items a list may have of the *limit* that was asked for."""
    return max(1, min(limit, ctx.app.config.limits.list_items))


def _name(state: app_states.AppState) -> tuple[str, str]:
    return state.app_slug, state.user_slug


def _list(
    tx: Tx, user_id: UserId, asked: app_states.AppsAsked, *, with_glances: bool
) -> tuple[tuple[app_states.ListedApp, ...], dict[tuple[str, str], AppGlance]]:
    found = app_states.list_apps(tx, user_id, asked)
    states = (listed.state for listed in found) if with_glances else ()
    return found, {_name(state): glance_at(tx, state) for state in states}


def _pin(tx: Tx, ctx: Ctx, req: ReqPinRecentVibe) -> tuple[app_states.AppState, str]:
    app = admit(tx, ctx, req).app
    return app, app_states.pin_app(tx, app, pin=req.pin)


def _told(listed: app_states.ListedApp, now: AppNow | UnsetType) -> ListedApp:
    state = listed.state
    return ListedApp(
        app_slug=state.app_slug,
        owner_handle=state.user_slug,
        updated=state.updated,
        title=state.title,
        icon=_icon_decoder.decode(state.icon_json) if state.icon_json else UNSET,
        pinned_at=state.pinned,
        never_published=not listed.was_published,
        unpublished_at=state.unpublished,
        now=now,
    )
