"""What happened to an app, read back or followed by whoever may deploy it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import msgspec

from vibes_trio.context import Ctx, Then
from vibes_trio.errors import BadRequest
from vibes_trio.live import Event, Room, Subject
from vibes_trio.services.access import admit
from vibes_trio.services.app_list import clamp
from vibes_trio.services.app_log import AppName, kept
from vibes_trio.services.live import link_of
from vibes_trio.storage.app_log import Entry, get_end, list_entries, list_from
from vibes_trio.storage.feed import Feed, of_app, of_app_log
from vibes_trio.storage.interface import Tx, iso_utc
from vibes_trio.wire.app_log import (
    EvtAppLog,
    LogEntry,
    ReqReadAppLog,
    ReqSubscribeAppLog,
    ResReadAppLog,
    ResSubscribeAppLog,
)
from vibes_trio.wire.base import write_event, write_event_head
from vibes_trio.wire.cursors import read_cursor, write_cursor


async def read_app_log(ctx: Ctx, req: ReqReadAppLog) -> ResReadAppLog:
    """Return what happened to an app.

    Raises:
        BadRequest: a slug that can't be one, a cursor of another list, or a time that is none.
        NotFound, NotOwner: see `access.admit`.
    """
    limit, since = clamp(req.limit, ctx), _read_time(req.since)
    (below,) = read_cursor(req.cursor, "log", tuple[int]) if req.cursor else (2**62,)
    found = await ctx.app.db.read(_read, ctx, req, since, below, limit + 1)
    items = found[:limit]
    return ResReadAppLog(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        items=tuple(map(_told, items)),
        next_cursor=write_cursor("log", items[-1].number) if len(found) > limit else "",
    )


def _read_time(text: str) -> str:
    """Return *text*, an ISO time, as the tables have it.

    Raises:
        BadRequest: it is none.
    """
    if not text:
        return ""
    try:
        when = datetime.fromisoformat(text)
        return iso_utc((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise BadRequest(f"since: {text[:50]!r} is no time such as 2026-01-31T12:00:00Z.") from None


def _read(tx: Tx, ctx: Ctx, req: ReqReadAppLog, since: str, below: int, limit: int) -> tuple[Entry, ...]:
    app = admit(tx, ctx, req).app
    most = kept(ctx.app.config.limits)
    return list_entries(tx, (app.app_slug, app.user_slug), since=since, below=below, limit=limit, kept=most)


def _told(entry: Entry) -> LogEntry:
    return LogEntry(**asdict(entry))


async def subscribe_app_log(ctx: Ctx, req: ReqSubscribeAppLog) -> Then[ResSubscribeAppLog]:
    """Tell who asks what happens to an app.

    Raises:
        BadRequest: it was posted; or a slug can't be one.
        NotFound, NotOwner: see `access.admit`.
    """
    link, envelope = link_of(ctx, req)
    name, end = await ctx.app.db.read(_look, ctx, req)
    # As one of those who are in the room, who may no longer be let in one day: then it ends, and others begin anew.
    asker = msgspec.structs.replace(ctx, turn=None, link=None, envelope=None)
    as_asked = msgspec.structs.replace(req, auth=None)

    async def read(start: int) -> Sequence[Event]:
        return await ctx.app.db.read(_events, asker, as_asked, start)

    key = f"log:{name[0]}--{name[1]}"
    subject = Subject(
        f"{key}:{ctx.user_id}",
        read,
        lambda room: _listen(ctx.app.db.feed, name, room),
    )
    start = min(max(req.since, 0) + 1, end)
    member = ctx.app.live.join(subject, link, key, write_event_head(envelope), start)
    response = ResSubscribeAppLog(app_slug=name[0], owner_handle=name[1], subscription=member.key)
    return Then(response, member.start)


def _listen(feed: Feed, name: AppName, room: Room) -> Callable[[], None]:
    """Have *room* hear of what happens to an app, and of what decides whether who is in it may know."""
    ends = [
        feed.listen(topic, lambda change: room.may_have_more())
        for topic in (of_app_log(*name), of_app(*name))
    ]

    def end() -> None:
        for one in ends:
            one()

    return end


def _look(tx: Tx, ctx: Ctx, req: ReqSubscribeAppLog) -> tuple[AppName, int]:
    app = admit(tx, ctx, req).app
    name = (app.app_slug, app.user_slug)
    return name, get_end(tx, name)


def _events(tx: Tx, ctx: Ctx, req: ReqSubscribeAppLog, start: int) -> tuple[Event, ...]:
    app = admit(tx, ctx, req).app
    name = (app.app_slug, app.user_slug)
    found = list_from(tx, name, start, ctx.app.config.limits.events_at_once)
    return tuple(
        Event(entry.number, write_event(_event(app.user_slug, app.app_slug, entry))) for entry in found
    )


def _event(handle: str, slug: str, entry: Entry) -> EvtAppLog:
    return EvtAppLog(owner_handle=handle, app_slug=slug, entry=_told(entry))
