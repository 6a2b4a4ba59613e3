"""What has changed, for whoever keeps it in memory or waits for it: the invalidation feed of a database.

A transaction says what it changes (`Tx.tell`). Once it is committed, and before anybody gets its answer, all hear of it
who listen here, in the event loop. Changes are hints: what is told may not have happened after all (the disk failed
behind a commit), and what another program did is not told. The truth is in the tables, where a counter grows with each
change that others keep in memory (`counters.py`); whoever has heard looks there. So a feed may be told what another
process heard, and an engine may tell by whatever means it has.

State: who listens, by topic, and to everything. Used in the event loop's thread alone.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import trio

from vibes_trio.exchange import AppSlug, UserId, UserSlug

AppName = tuple[AppSlug, UserSlug, UserId]
"""An app and who its owner is."""


class Releases(msgspec.Struct, frozen=True, array_like=True, tag="releases"):
    """Releases of *apps*, or what their pages are made of; none: of any. *version*: the counter since; 0: the same."""

    version: int
    apps: tuple[AppName, ...] = ()


class Revocations(msgspec.Struct, frozen=True, array_like=True, tag="revocations"):
    """Which certificates count."""


class SessionsEnded(msgspec.Struct, frozen=True, array_like=True, tag="sessions"):
    """Browsers are signed out."""


class Settings(msgspec.Struct, frozen=True, array_like=True, tag="settings"):
    """What *user* has set for themselves."""

    user: UserId


class Sections(msgspec.Struct, frozen=True, array_like=True, tag="sections"):
    """The sections of a chat context: those before *seq* are there; 0: it is gone."""

    context_id: str
    seq: int


class AppLogged(msgspec.Struct, frozen=True, array_like=True, tag="logged"):
    """Something happened to an app that its log tells: entries up to *number* are there."""

    app: AppSlug
    user: UserSlug
    number: int


class Everything(msgspec.Struct, frozen=True, array_like=True, tag="everything"):
    """Everything may have changed."""


Change = Releases | Revocations | SessionsEnded | Settings | Sections | AppLogged | Everything
Hear = Callable[[Change], None]
"""Is told of a change, in the event loop, before whoever made it has the answer. Quick; raises nothing."""

Topic = tuple[str, ...]
EVERYTHING = Everything()
REVOCATIONS: Topic = ("revocations",)
SESSIONS: Topic = ("sessions",)


def of_context(context_id: str) -> Topic:
    """Return the topic of a chat context's sections."""
    return ("context", context_id)


def of_app(app: AppSlug, user: UserSlug) -> Topic:
    """Return the topic of an app's releases."""
    return ("app", app, user)


def of_apps(owner: UserId) -> Topic:
    """Return the topic of all apps of *owner*."""
    return ("apps", owner)


def of_app_log(app: AppSlug, user: UserSlug) -> Topic:
    """Return the topic of what happened to an app."""
    return ("log", app, user)


def of_settings(user: UserId) -> Topic:
    """Return the topic of what *user* has set."""
    return ("settings", user)


def topics_of(change: Change) -> Collection[Topic] | None:
    """Return the topics that *change* is about; None: all."""
    match change:
        case Sections(context_id=context_id):
            return (of_context(context_id),)
        case Releases(apps=apps) if apps:
            return {topic for app, user, owner in apps for topic in (of_app(app, user), of_apps(owner))}
        case AppLogged(app=app, user=user):
            return (of_app_log(app, user),)
        case Settings(user=user):
            return (of_settings(user),)
        case Revocations():
            return (REVOCATIONS,)
        case SessionsEnded():
            return (SESSIONS,)
    return None


def doubted(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return *changes* as what may have happened: with no counter that others could go by."""
    return tuple(Releases(0, change.apps) if isinstance(change, Releases) else change for change in changes)


class Feed:
    """Who listens to the changes of one database, and what they are told."""

    def __init__(self) -> None:
        self._all: list[Hear] = []
        self._by_topic: dict[Topic, list[Hear]] = {}

    @property
    def topics(self) -> int:
        """How many topics somebody listens to."""
        return len(self._by_topic)

    def hear_all(self, hear: Hear) -> None:
        """Tell *hear* of all changes, as long as the feed lives, before those who listen to a topic."""
        self._all.append(hear)

    def listen(self, topic: Topic, hear: Hear) -> Callable[[], None]:
        """Tell *hear* of changes of *topic*. Returns what ends that; to be called once."""
        self._by_topic.setdefault(topic, []).append(hear)
        return lambda: self._forget(topic, hear)

    def publish(self, changes: Sequence[Change]) -> None:
        """Tell all who listen. What they read from now on shows the changes."""
        for change in changes:
            for hear in self._all:
                hear(change)
            if self._by_topic:
                self._publish(change)

    def _publish(self, change: Change) -> None:
        topics = topics_of(change)
        if topics is None:
            of_any_app = ("app", "apps")
            topics = [t for t in self._by_topic if isinstance(change, Everything) or t[0] in of_any_app]
        for topic in topics:
            for hear in tuple(self._by_topic.get(topic, ())):
                hear(change)

    def _forget(self, topic: Topic, hear: Hear) -> None:
        listeners = self._by_topic[topic]
        listeners.remove(hear)
        if not listeners:
            del self._by_topic[topic]


class Listener:
    """What one task has not looked at yet of the changes of its topics: the last of each kind and topic.

    Once they are more than *most*, it is only that everything may have changed.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[Hashable, Change] = {}
        self._parked = trio.lowlevel.ParkingLot()

    def hear(self, change: Change) -> None:
        """Take *change*; a `Hear`."""
        key = (type(change), frozenset(topics_of(change) or ()))
        self._waiting.pop(key, None)
        self._waiting[key] = change
        if len(self._waiting) > self._most:
            self._waiting = {None: EVERYTHING}
        self._parked.unpark_all()

    async def wait(self) -> Sequence[Change]:
        """Return what has changed since the last time, oldest first, once something has."""
        await trio.lowlevel.checkpoint()
        while not self._waiting:
            await self._parked.park()
        heard, self._waiting = tuple(self._waiting.values()), {}
        return heard


@contextmanager
def listening(feed: Feed, topics: Collection[Topic], most: int) -> Iterator[Listener]:
    """Listen to *topics* for the block. *most*: changes that wait to be looked at."""
    listener = Listener(most)
    ends = [feed.listen(topic, listener.hear) for topic in topics]
    try:
        yield listener
    finally:
        for end in ends:
            end()
