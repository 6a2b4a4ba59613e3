"""Work that outlives the message it came from: typed records in a bounded queue.

A service puts a record in; `background` takes it out. Each kind has a worker of its own, so that a slow kind
doesn't hold up another. A full queue drops the job and counts it: every job only saves time or space, and the
periodic sweep repairs what was dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import trio

from vibes_trio.exchange import AppSlug, FsId, UserSlug


@dataclass(frozen=True, slots=True)
class WarmRelease:
    """Put the latest production release of an app into the memory cache."""

    app: AppSlug
    user: UserSlug


@dataclass(frozen=True, slots=True)
class WarmAll:
    """Put the latest production releases of all apps into the memory cache, within its size."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Remove what limits that were lowered leave over, and assets that nothing refers to."""


@dataclass(frozen=True, slots=True)
class BuildModules:
    """Build the packages that a release imports into modules of this server, and note their lock."""

    app: AppSlug
    user: UserSlug
    fs_id: FsId


@dataclass(frozen=True, slots=True)
class FetchFonts:
    """Fetch the families that addresses (`css2?family=…`) ask for into the store."""

    addresses: tuple[str, ...]


Job = WarmRelease | WarmAll | Sweep | BuildModules | FetchFonts
KINDS: tuple[type[Job], ...] = (WarmRelease, WarmAll, Sweep, BuildModules, FetchFonts)


class Jobs:
    """One bounded queue per kind of job."""

    def __init__(self, max_waiting: int) -> None:
        opened = {kind: trio.open_memory_channel[Job](max_waiting) for kind in KINDS}
        self._send = {kind: send for kind, (send, _) in opened.items()}
        self.receive: Mapping[type[Job], trio.MemoryReceiveChannel[Job]] = {
            kind: receive for kind, (_, receive) in opened.items()
        }
        self.dropped = 0

    def add(self, job: Job) -> bool:
        """Queue *job*. Returns False, and counts it, if its queue is full or closed."""
        try:
            self._send[type(job)].send_nowait(job)
        except (trio.WouldBlock, trio.ClosedResourceError, trio.BrokenResourceError):
            self.dropped += 1
            return False
        return True

    def close(self) -> None:
        """Take no more; workers end once they have run what waits."""
        for send in self._send.values():
            send.close()
