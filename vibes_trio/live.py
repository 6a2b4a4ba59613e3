"""Subscriptions: what is told to many while it happens, once it is in the database and never twice.

A room has one subject: the sections of a chat, the releases of an app. What is told there are events, numbered and
read from the database; the feed only says that there are more. A member knows which number it wants next. It is first
*behind*: a task of its own reads and sends, as fast as the client takes it, until nothing is left. From then on it is
*live*: one task of the room reads what is new, once, and gives the same bytes to all. Whoever takes too little falls
behind again, and is cut when it takes nothing for a while: so what waits for a client is bounded, and nobody waits
for another.

Between "nothing is left" and "live" nothing may get lost: a member goes live only if the room has heard of nothing
since it looked, which is checked without a pause.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.errors import LimitReached, NotFound, NotOwner, Overloaded, VibesError
from vibes_trio.exchange import Link
from vibes_trio.wire.live import write_end

log = logging.getLogger(__name__)

SLICE_S = 0.002
"""The loop is held for so long at most; looked at after each few members."""
LOOKS_EVERY = 8
TOO_SLOW = "you take too little of what you subscribed to: subscribe again after the last that you have"


class Event(NamedTuple):
    """One thing to tell. *text*: the payload, as JSON, but for the brace that ends the envelope."""

    number: int
    text: bytes


Read = Callable[[int], Awaitable[Sequence[Event]]]
"""Returns events from a number on, in order, some of them if they are many; none: there are none yet."""


class Subject(msgspec.Struct, frozen=True):
    """What a room is about. *listen*: has the room hear of it; returns what ends that."""

    name: str
    read: Read
    listen: Callable[["Room"], Callable[[], None]]


@dataclass(slots=True, eq=False)
class Member:
    """A subscription of one connection.

    Attributes:
        head: the envelope up to its payload.
        next: the number of the event that it wants next.
    """

    room: "Room"
    link: Link
    head: bytes
    next: int
    key: str
    over: bool = False

    def start(self) -> None:
        """Begin to tell it things: the reply to its request is out."""
        if not self.over:
            self.room.live.spawn(self.room.live.catch_up, self)

    def end(self) -> None:
        """Tell it nothing more."""
        if not self.over:
            self.over = True
            self.room.leave(self)

    def tell(self, event: Event) -> None:
        """Send *event*, the next that it wants."""
        self.link.send(self.head, event.text)
        self.next = event.number + 1


@dataclass(slots=True, eq=False)
class Room:
    """All who are told of one subject.

    Attributes:
        members: all of them. `present` are those that are live.
        next: the number of the first event that was not told to those.
        heard: the feed told of events below that number.
        doubt: it told that there may be some, and not of which numbers.
        news: how often it told of anything.
        telling: whether a task reads and tells.
    """

    live: "Live"
    name: str
    read: Read
    stop: Callable[[], None] = lambda: None
    members: set[Member] = field(default_factory=set)
    present: dict[Member, None] = field(default_factory=dict)
    next: int = 0
    heard: int = 0
    doubt: bool = False
    news: int = 0
    telling: bool = False

    def hear(self, number: int) -> None:
        """Take that there are events below *number*, and may be no more."""
        self.heard = max(self.heard, number)
        self._look()

    def may_have_more(self) -> None:
        """Take that there may be events, of whatever number."""
        self.doubt = True
        self._look()

    def _look(self) -> None:
        self.news += 1
        if self.present and self.has_more and not self.telling:
            self.telling = True
            self.live.spawn(self.live.tell, self)

    @property
    def has_more(self) -> bool:
        """Whether there may be events that those who are live don't know."""
        return self.doubt or self.next < self.heard

    def enter(self, member: Member, news: int) -> bool:
        """Let *member* be live, for whom nothing was left when there was so much *news*; unless there is more now."""
        if news != self.news or (self.present and self.next > member.next):
            return False
        if not self.present:
            self.next = member.next
        self.present[member] = None
        return True

    def dismiss(self, error: VibesError) -> None:
        """Tell all members that there is nothing more for them, and why; and forget them."""
        for member in tuple(self.members):
            member.link.kept.pop(member.key, None)
            member.link.send(member.head, write_end(member.key, error))
            member.end()

    def leave(self, member: Member) -> None:
        """Forget *member*; the last one closes the room."""
        self.members.discard(member)
        self.present.pop(member, None)
        self.live.members -= 1
        if not self.members:
            self.live.close(self)


class Live:
    """The rooms of one server. State: these by name, how many members they have, the nursery of their tasks;
    and how many pages wait for something to change."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rooms: dict[str, Room] = {}
        self._nursery: trio.Nursery | None = None
        self._reading = trio.Semaphore(limits.subscribers_reading)
        self.members = 0
        self.pages = 0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell members, until cancelled."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    def spawn(self, task: Callable[..., Awaitable[None]], *args: object) -> None:
        """Run *task* beside, as long as `run` does."""
        if self._nursery is not None:
            self._nursery.start_soon(task, *args)

    def join(self, subject: "Subject", link: Link, key: str, head: bytes, start: int | None) -> Member:
        """Return a new member of the room of *subject*, which wants events from *start* on, once it is started.

        None: those that come from now on, as far as others know where that is.

        Args:
            key: names it for its connection; one there with the same key is replaced.

        Raises:
            LimitReached: the connection has as many as it may.
            Overloaded: all together have.
        """
        if (before := link.kept.pop(key, None)) is not None:
            before.end()
        most = self._limits.subscriptions_per_connection
        if sum(isinstance(kept, Member) for kept in link.kept.values()) >= most:
            raise LimitReached(
                f"This connection has {most} subscriptions: end some, or open another connection.",
                limit="subscriptions_per_connection",
                value=most,
            )
        if self.members >= self._limits.subscriptions:
            raise Overloaded("This server has as many subscriptions as it can take. Try again later.")
        room = self._rooms.get(subject.name)
        if room is None:
            room = self._rooms[subject.name] = Room(self, subject.name, subject.read)
            room.stop = subject.listen(room)
        member = Member(room, link, head, room.next if start is None else start, key)
        room.members.add(member)
        link.kept[key] = member
        self.members += 1
        return member

    def close(self, room: Room) -> None:
        """Forget *room*, which nobody is in."""
        room.stop()
        del self._rooms[room.name]

    async def catch_up(self, member: Member) -> None:
        """Tell *member* all that there is, then let it be live."""
        try:
            while not member.over:
                async with self._reading:
                    news = member.room.news
                    events = await self._read(member.room, member.next)
                if events is None:
                    await trio.sleep(self._limits.subscriber_retry_s)
                elif not events:
                    if member.over or member.room.enter(member, news):
                        return
                elif not await self._send_on(member, events):
                    return
        except Exception:  # a bug of ours must not end those of all others
            log.exception("a subscription failed")
            member.link.cut("something went wrong here: subscribe again after the last that you have")

    async def _send_on(self, member: Member, events: Sequence[Event]) -> bool:
        """Tell *member* of *events*. False: it is over, or was cut."""
        for event in events:
            if not await self._take_what_waits(member) or member.over:
                return False
            member.tell(event)
        return True

    async def _take_what_waits(self, member: Member) -> bool:
        """Return when the client has taken nearly all; False, and it is cut: it takes nothing for too long."""
        link, below = member.link, self._limits.subscriber_bytes
        await trio.lowlevel.checkpoint()
        while (before := link.waiting_bytes) >= below:
            with trio.move_on_after(self._limits.subscriber_behind_s):
                await link.drained(below)
            if link.waiting_bytes >= max(before, below):
                log.info("cut a subscriber with %d bytes waiting for it", before)
                link.cut(TOO_SLOW)
                return False
        return True

    async def tell(self, room: Room) -> None:
        """Tell those who are live all that is new in *room*."""
        try:
            while room.present and room.has_more:
                news, doubt, room.doubt = room.news, room.doubt, False
                events = await self._read(room, room.next)
                if events is None:
                    room.doubt = True
                    await trio.sleep(self._limits.subscriber_retry_s)
                elif events:
                    room.next, room.doubt = events[-1].number + 1, room.doubt or doubt
                    await self._tell_all(room, events)
                elif news == room.news:
                    room.heard = min(room.heard, room.next)  # it was said too much
        except Exception:
            log.exception("the subscribers of %s are behind", room.name)
            for member in tuple(room.present):
                member.link.cut("something went wrong here: subscribe again after the last that you have")
        finally:
            room.telling = False

    async def _tell_all(self, room: Room, events: Sequence[Event]) -> None:
        below, since = self._limits.subscriber_bytes, perf_counter()
        for event in events:
            for count, member in enumerate(tuple(room.present)):
                if member.next <= event.number and member in room.present:
                    if member.link.waiting_bytes < below:
                        member.tell(event)
                    else:
                        del room.present[member]
                        self.spawn(self.catch_up, member)
                if count % LOOKS_EVERY == 0 and perf_counter() - since > SLICE_S:
                    await trio.lowlevel.checkpoint()
                    since = perf_counter()

    async def _read(self, room: Room, start: int) -> Sequence[Event] | None:
        """Return the events from *start* on; None: they can't be read at the moment."""
        try:
            return await room.read(start)
        except (NotFound, NotOwner) as error:
            room.dismiss(error)
            return None
        except VibesError as error:
            log.warning("%s can't be read for its subscribers, trying again: %s", room.name, error.message)
            return None
