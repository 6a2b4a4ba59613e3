"""Subscriptions: to the sections of a chat, an app's releases, one's apps. How they work: `vibes_trio/live.py`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import trio

from vibes_trio.context import App, Ctx, Then
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import Kept, Link, UserId
from vibes_trio.live import Event, Member, Room, Subject
from vibes_trio.services.access import admit
from vibes_trio.storage import chats, versions
from vibes_trio.storage.feed import AppName, Change, Releases, Sections, of_app, of_apps, of_context
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.access import Relation
from vibes_trio.wire.base import Envelope, Request, write_event, write_event_head
from vibes_trio.wire.live import (
    EvtApps,
    EvtChatSection,
    EvtReleases,
    ReqSubscribeApps,
    ReqSubscribeChatSections,
    ReqSubscribeReleases,
    ReqUnsubscribe,
    ResSubscribeApps,
    ResSubscribeChatSections,
    ResSubscribeReleases,
    ResUnsubscribe,
    ToldApp,
    ToldRelease,
)

Write = Callable[[chats.Section], bytes]
"""Returns what a section is told by, for `write_event_head`. Runs in a thread of the database."""


def link_of(ctx: Ctx, req: Request[Any]) -> tuple[Link, Envelope]:
    """Return the way to tell who asks more than the reply, and the envelope to tell it in.

    Raises:
        BadRequest: it was posted, and there is none.
    """
    if ctx.link is None or ctx.envelope is None:
        kind = str(req.__struct_config__.tag)
        raise BadRequest(
            f"{kind} needs a WebSocket: what you subscribe to is told while it happens, and a POST has one answer.",
            type=kind,
        )
    return ctx.link, ctx.envelope


# -- chats ------------------------------------------------------------------------------------------------


async def subscribe_chat_sections(ctx: Ctx, req: ReqSubscribeChatSections) -> Then[ResSubscribeChatSections]:
    """Tell who asks of the sections of a chat of theirs.

    Raises:
        BadRequest: it was posted.
        NotFound, NotOwner: no such chat, or somebody else's.
    """
    way = link_of(ctx, req)
    member = await follow_sections(
        ctx, way, req.context_id, req.since, partial(_write_section, req.context_id)
    )
    return Then(ResSubscribeChatSections(context_id=req.context_id, subscription=member.key), member.start)


async def follow_sections(
    ctx: Ctx, way: tuple[Link, Envelope], context_id: str, since: int, write: Write, shape: str = "chat"
) -> Member:
    """Return a member that is told of the sections of a chat of who asks, behind *since*, once it is started.

    Args:
        way: as `link_of` returns it.
        write: the same for all with one *shape*, which also names the subscription.

    Raises:
        NotFound, NotOwner: no such chat, or somebody else's.
        LimitReached, Overloaded: there are too many subscriptions.
    """
    user_id = ctx.asker.user_id
    end = await ctx.app.db.get(chats.get_end, user_id, context_id)
    name = f"{shape}:{context_id}"
    subject = Subject(
        name,
        partial(_read_sections, ctx.app, user_id, context_id, write),
        lambda room: ctx.app.db.feed.listen(of_context(context_id), partial(hear_sections, room)),
    )
    return ctx.app.live.join(subject, way[0], name, write_event_head(way[1]), min(max(since, -1) + 1, end))


def hear_sections(room: Room, change: Change) -> None:
    """Have who is told of a chat's sections be told of *change*: more of them, or that the chat is gone."""
    if isinstance(change, Sections) and change.seq:
        room.hear(change.seq)
    else:
        room.may_have_more()


async def _read_sections(
    app: App, user_id: UserId, context_id: str, write: Write, start: int
) -> Sequence[Event]:
    return await app.db.read(_events, app, user_id, context_id, write, start)


def _events(
    tx: Tx, app: App, user_id: UserId, context_id: str, write: Write, start: int
) -> tuple[Event, ...]:
    limits = app.config.limits
    page = chats.Page(start, limits.events_at_once, limits.event_page_bytes)
    found = chats.read_sections(tx, user_id, context_id, page)
    return tuple(Event(section.seq, write(section)) for section in found)


def _write_section(context_id: str, section: chats.Section) -> bytes:
    return write_event(
        EvtChatSection(
            context_id=context_id,
            seq=section.seq,
            origin=section.origin,
            created=section.created,
            blocks=msgspec.Raw(section.blocks_json.encode()),
        )
    )


# -- apps -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _State:
    """What is told by how it is now: each time it has changed is an event. State: the last, and its number."""

    look: Callable[[], Awaitable[bytes]]
    number: int = -1
    text: bytes = b""
    looking: trio.Lock = field(default_factory=trio.Lock)

    async def read(self, start: int) -> Sequence[Event]:
        """Return the event of how it is now, for who wants those from *start* on."""
        async with self.looking:  # one after the other: else an older look could come in last
            text = await self.look()
            if text != self.text:
                self.number, self.text = self.number + 1, text
        return (Event(self.number, self.text),) if self.number >= start else ()


async def subscribe_releases(ctx: Ctx, req: ReqSubscribeReleases) -> Then[ResSubscribeReleases]:
    """Tell who asks of an app's newest releases.

    Raises:
        BadRequest: it was posted; or a slug can't be one.
        NotFound: no such app, or none that they may see.
    """
    link, envelope = link_of(ctx, req)
    admitted = await ctx.app.db.read(admit, ctx, req)
    found, is_let_in = admitted.app, admitted.relation >= Relation.VIEWER
    req = msgspec.structs.replace(req, auth=None)
    # A room looks anew as one of those who are in it: as nobody, where not all of them were let in by the owner.
    claims = ctx.claims if is_let_in else None
    asker = msgspec.structs.replace(ctx, turn=None, claims=claims, link=None, envelope=None)

    async def look() -> bytes:
        return write_event(await ctx.app.db.read(_releases, asker, req))

    who = ctx.user_id if is_let_in else ""
    key = f"releases:{found.app_slug}--{found.user_slug}"
    subject = Subject(
        f"{key}:{who}",
        _State(look).read,
        lambda room: ctx.app.db.feed.listen(
            of_app(found.app_slug, found.user_slug), lambda change: room.may_have_more()
        ),
    )
    member = ctx.app.live.join(subject, link, key, write_event_head(envelope), 0)
    response = ResSubscribeReleases(
        app_slug=found.app_slug, owner_handle=found.user_slug, subscription=member.key
    )
    return Then(response, member.start)


def _releases(tx: Tx, ctx: Ctx, req: ReqSubscribeReleases) -> EvtReleases:
    admitted = admit(tx, ctx, req)
    app, deploys = admitted.app, admitted.relation >= Relation.EDITOR
    published = versions.find_published_seq(tx, app)
    newest = versions.list_versions(tx, app, limit=1) if deploys else ()
    shown = versions.list_versions(tx, app, below=published + 1, limit=1) if published is not None else ()
    return EvtReleases(
        app_slug=app.app_slug,
        owner_handle=app.user_slug,
        newest=_told(newest or shown),
        published=_told(shown),
    )


def _told(found: Sequence[versions.Version]) -> ToldRelease | msgspec.UnsetType:
    for one in found:
        return ToldRelease(fs_id=one.fs_id, release_seq=one.release_seq, mode=one.mode, created=one.created)
    return msgspec.UNSET


@dataclass(slots=True)
class _ChangedApps:
    """Which apps of one owner have changed, by events. State: their number; those since the last, and of the last.

    None: any may have.
    """

    most: int
    number: int = -1
    waiting: dict[AppName, None] | None = field(default_factory=dict)
    last: bytes = b""

    def hear(self, room: Room, change: Change, owner: UserId) -> None:
        """Take which apps have changed."""
        if not isinstance(change, Releases) or not change.apps:
            self.waiting = None
        elif self.waiting is not None:
            self.waiting |= {name: None for name in change.apps if name[2] == owner}
            if len(self.waiting) > self.most:
                self.waiting = None
        room.may_have_more()

    async def read(self, start: int) -> Sequence[Event]:
        """Return what is to be told: names to who has all before, else only that something has changed."""
        if self.waiting is None or self.waiting:
            self.number += 1
            self.last = write_event(EvtApps(apps=_told_apps(self.waiting)))
            self.waiting = {}
        if start > self.number:
            return ()
        return (Event(self.number, self.last if start == self.number else write_event(EvtApps())),)


def _told_apps(names: dict[AppName, None] | None) -> tuple[ToldApp, ...] | msgspec.UnsetType:
    if names is None:
        return msgspec.UNSET
    return tuple(ToldApp(app_slug=app, owner_handle=user) for app, user, _ in names)


async def subscribe_apps(ctx: Ctx, req: ReqSubscribeApps) -> Then[ResSubscribeApps]:
    """Tell who asks whenever something of their apps has changed.

    Raises:
        BadRequest: it was posted.
    """
    link, envelope = link_of(ctx, req)
    owner, changed = ctx.asker.user_id, _ChangedApps(ctx.app.config.limits.apps_per_event)
    subject = Subject(
        f"apps:{owner}",
        changed.read,
        lambda room: ctx.app.db.feed.listen(of_apps(owner), lambda change: changed.hear(room, change, owner)),
    )
    member = ctx.app.live.join(subject, link, "apps", write_event_head(envelope), None)
    return Then(ResSubscribeApps(subscription=member.key), member.start)


# -- no more ----------------------------------------------------------------------------------------------


async def unsubscribe(ctx: Ctx, req: ReqUnsubscribe) -> ResUnsubscribe:
    """End a subscription of this connection. One that is not there is over already.

    Raises:
        BadRequest: it was posted.
    """
    link, _ = link_of(ctx, req)
    kept: Kept | None = link.kept.get(req.subscription)
    if isinstance(kept, Member):
        del link.kept[req.subscription]
        kept.end()
    return ResUnsubscribe(subscription=req.subscription)
