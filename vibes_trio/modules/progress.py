"""Builds of packages as they go: how far each is, for the people who wait for it, and when to try again."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import trio

from vibes_trio.cache import Kept
from vibes_trio.config import Limits
from vibes_trio.exchange import AppSlug, FsId, UserSlug

Stage = Literal["waiting", "resolving", "fetching", "building"]
ReleaseName = tuple[AppSlug, UserSlug, FsId]


@dataclass(slots=True)
class Progress:
    """How far one build is: changed by who builds, read by who waits.

    Attributes:
        specifiers: of what is built: as the app writes it → without version.
        stage: of the whole.
        fetched, to_fetch: packages; known from `fetching` on.
        done: specifiers, without versions, whose modules are there.
        failed: the same → why.
    """

    specifiers: Mapping[str, str] = field(default_factory=dict)
    stage: Stage = "waiting"
    fetched: int = 0
    to_fetch: int = 0
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Build:
    """The build of one release's packages, waiting or under way. *names*: specifiers as the app writes them."""

    names: tuple[str, ...]
    progress: Progress = field(default_factory=Progress)
    finished: trio.Event = field(default_factory=trio.Event)


class Builds:
    """What is built for which release, and what failed: at most one build of a release at a time.

    Its mutable state: builds that wait or run, no more than jobs can wait; and of releases that lack
    something after a build, how often that was, and from when on the next visitor may start another.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[ReleaseName, Build] = {}
        self._failed: Kept[ReleaseName, tuple[int, float]] = Kept(limits.failed_builds)

    def find(self, name: ReleaseName) -> Build | None:
        """Return the build of that release which waits or runs."""
        return self._open.get(name)

    def items(self) -> Iterator[tuple[ReleaseName, Build]]:
        """Yield what waits or runs, by release."""
        return iter(self._open.items())

    def may_begin(self, name: ReleaseName) -> bool:
        """Return whether none is open, and none failed lately."""
        _, until = self._failed.get(name) or (0, -math.inf)
        return name not in self._open and until <= trio.current_time()

    def begin(self, name: ReleaseName, names: tuple[str, ...]) -> Build:
        """Open a build; `end` has to follow."""
        build = self._open[name] = Build(names)
        return build

    def end(self, name: ReleaseName, pause_s: float) -> None:
        """Close the build of that release; for *pause_s* none is begun for a visitor (`inf`: only by a deploy)."""
        build = self._open.pop(name, None)
        if build is not None:
            build.finished.set()
        times, _ = self._failed.pop(name) or (0, 0.0)
        if pause_s > 0:
            self._failed.put(name, (times + 1, trio.current_time() + pause_s))

    def next_pause_s(self, name: ReleaseName) -> float:
        """Return how long to wait after a build that failed now: twice as long each time."""
        times, _ = self._failed.get(name) or (0, 0.0)
        return min(self._limits.build_retry_s * 2.0 ** min(times, 30), self._limits.build_retry_max_s)

    def forgive(self, name: ReleaseName) -> None:
        """Let a build begin whatever happened before."""
        self._failed.pop(name)
