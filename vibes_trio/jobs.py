"""Work that outlives the message it came from: typed records in a bounded queue.

A service puts a record in; `background` takes it out. Each kind has workers of its own, so that a slow kind
doesn't hold up another; builds have several, and users take turns at them and at fonts. A full queue drops the job
and counts it: every job only saves time or space, and the periodic sweep repairs what was dropped.
"""

from collections.abc import Mapping

import msgspec
import trio

from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.turns import Places, TurnQueue


class WarmRelease(msgspec.Struct, frozen=True):
    """Put the latest production release of an app into the memory cache."""

    app: AppSlug
    user: UserSlug


class WarmAll(msgspec.Struct, frozen=True):
    """Put the latest production releases of all apps into the memory cache, within its size."""


class Sweep(msgspec.Struct, frozen=True):
    """Remove what limits that were lowered leave over, and assets that nothing refers to.

    *evicted*: releases have just made room for others, or the disk is short: their assets go now, not in an hour.
    """

    evicted: bool = False


class RetryBuilds(msgspec.Struct, frozen=True):
    """Build what live releases lack, as the registry was down, the server ended or the store was lost."""


class BuildModules(msgspec.Struct, frozen=True):
    """Build the packages that a release imports into modules of this server, and note their lock."""

    app: AppSlug
    user: UserSlug
    fs_id: FsId


class FetchFont(msgspec.Struct, frozen=True):
    """Fetch a family, which a release of a user names, into the store; it is to vary in *axes* (`wght`, `opsz`, …)."""

    name: str
    axes: frozenset[str]


Job = WarmRelease | WarmAll | Sweep | RetryBuilds | BuildModules | FetchFont
KINDS: tuple[type[Job], ...] = (WarmRelease, WarmAll, Sweep, RetryBuilds, BuildModules, FetchFont)


class JobQueue:
    """Jobs of one kind that wait, and whose turn is next.

    Its mutable state: the queue with what runs of it, and how many that are; whether it is closed; and an event for
    those who take, set and replaced whenever one of these changes.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self._queue: TurnQueue[Job] = TurnQueue(places)
        self._running = 0
        self._closed = False
        self._changed = trio.Event()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """How many have been taken and not ended."""
        return self._running

    def add(self, job: Job, user: str) -> bool:
        """Let *job* of *user* wait. False: too many do, or it is closed."""
        if self._closed or not self._queue.put(user, job):
            return False
        self._tell()
        return True

    def take_nowait(self) -> tuple[str, Job] | None:
        """Return a job whose turn it is, and whose; `done` has to follow. None: there is none now."""
        found = self._queue.take()
        if found is None:
            return None
        self._running += 1
        return found[:2]

    async def take(self) -> tuple[str, Job] | None:
        """Return what `take_nowait` does, once there is one. None: it is closed and empty."""
        await trio.lowlevel.checkpoint()
        while (found := self.take_nowait()) is None:
            if self._closed and not len(self):
                return None
            await self._changed.wait()
        return found

    def done(self, user: str) -> None:
        """Say that a job of *user* has ended."""
        self._running -= 1
        self._queue.give_back(user, 1)
        self._tell()

    def close(self) -> None:
        """Take no more."""
        self._closed = True
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class Jobs:
    """One bounded queue per kind of job."""

    def __init__(self, limits: Limits) -> None:
        alone = Places(1, 1, limits.jobs_waiting, limits.jobs_waiting)
        builds = Places(
            limits.build_jobs, limits.build_jobs_for_one, limits.jobs_waiting, limits.jobs_waiting_for_one
        )
        fonts = Places(1, 1, limits.jobs_waiting, limits.jobs_waiting_for_one)
        places: Mapping[type[Job], Places] = {BuildModules: builds, FetchFont: fonts}
        self.queues: Mapping[type[Job], JobQueue] = {
            kind: JobQueue(places.get(kind, alone)) for kind in KINDS
        }
        self.dropped = 0

    def add(self, job: Job, user: str = "") -> bool:
        """Queue *job* of *user*. Returns False, and counts it, if its queue is full or closed."""
        done = self.queues[type(job)].add(job, user)
        self.dropped += not done
        return done

    def close(self) -> None:
        """Take no more; workers end once they have run what waits."""
        for queue in self.queues.values():
            queue.close()
