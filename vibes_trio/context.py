"""Two lifetimes: `App` lives as long as the program, `Ctx` as long as one message."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
import trio

from vibes_trio.allowances import Allowance, ToldErrors, allow_errors, allow_reports
from vibes_trio.auth.device_id import DeviceVerifier
from vibes_trio.auth.handoff import HandOff
from vibes_trio.auth.verifier import Claims, Verifier
from vibes_trio.beside.pool import Beside
from vibes_trio.cache import AssetCache, NameCache, Remembered
from vibes_trio.compilers.interface import Compiler
from vibes_trio.compressor import Compressor
from vibes_trio.config import Config, Limits
from vibes_trio.counts import Registry
from vibes_trio.exchange import Link, Turn, UserId
from vibes_trio.jobs import Jobs
from vibes_trio.landing import Landing
from vibes_trio.live import Live
from vibes_trio.modules.font_home import FontHome
from vibes_trio.modules.home import Home
from vibes_trio.modules.progress import Builds
from vibes_trio.modules.sass_home import SassHome
from vibes_trio.modules.store.local import LocalModules
from vibes_trio.samples import Samples
from vibes_trio.sessions import Sessions
from vibes_trio.storage.chat_index import ToIndex
from vibes_trio.storage.interface import Database
from vibes_trio.turns import KeyedLock
from vibes_trio.urls import Site, make_site
from vibes_trio.wire.base import Envelope
from vibes_trio.wire.operator import ResGetServerFindings

R = TypeVar("R")

if TYPE_CHECKING:
    # The one name from above: the cache holds what `services.releases` makes and only it reads.
    from vibes_trio.services.releases import ServedRelease


@dataclass(frozen=True, slots=True)
class App:
    """Everything a message may need that outlives it.

    Attributes:
        verifiers: by the `type` of credentials.
        devices: the one of `device-id`, whose trust can change.
        compressor: of what visitors ask for.
        beside: reads long messages.
        package_version: npm name → its latest version, or None if unknown or the registry is down.
        modules: the browser modules that this server serves itself; None: pages use the CDN.
        home: builds further packages into *modules*; None: nothing does.
        builds: of packages for releases: what waits, runs, failed.
        notes: what was decided at the start, a line each, for the operator.
        random_slug: three words joined by `-`.
        now: the clock, Unix seconds.
        draining: set when the server is about to stop.
        to_index: chats whose sections are to be looked through.
        live: who is told of what happens, while it does.
        fonts: fetches the fonts of apps into *modules*; None: nothing does.
        sass_home: compiles the Sass of apps; None: nothing does.
        landing: assets of deploys in flight, which no sweep takes.
        saying: who makes a turn of a chat holds it, by the chat's id.
        counts: what this process counts.
        sessions: of browsers that are signed in; None: this process takes no messages.
        told_errors: how often pages may tell of errors.
        reports: how often somebody may report apps.
        hand_off: makes what pages round apps hand to them.
        started: when, Unix seconds.
        samples: what it did and held of late.
        findings: what may become a problem, as it was found last.
    """

    config: Config
    db: Database
    assets: AssetCache
    releases: "NameCache[ServedRelease | None]"
    verifiers: Mapping[str, Verifier]
    devices: DeviceVerifier
    compiler: Compiler
    compressor: Compressor
    beside: Beside
    package_version: Callable[[str], Awaitable[str | None]]
    modules: LocalModules | None
    home: Home | None
    builds: Builds
    notes: tuple[str, ...]
    jobs: Jobs
    random_slug: Callable[[], str]
    now: Callable[[], float]
    draining: trio.Event
    live: Live
    to_index: ToIndex
    fonts: FontHome | None = None
    sass_home: SassHome | None = None
    landing: Landing = field(default_factory=Landing)
    saying: KeyedLock = field(default_factory=KeyedLock)
    counts: Registry = field(default_factory=Registry)
    sessions: Sessions | None = None
    told_errors: ToldErrors = field(default_factory=lambda: allow_errors(Limits()))
    reports: Allowance = field(default_factory=lambda: allow_reports(Limits()))
    hand_off: HandOff | None = None
    started: float = 0.0
    samples: Samples = field(default_factory=lambda: Samples(Limits().samples))
    findings: Remembered[ResGetServerFindings] = field(
        default_factory=lambda: Remembered(Limits().doctor_kept_s)
    )

    @property
    def site(self) -> Site:
        """Which hosts are apps', and which pages may speak to the API."""
        config = self.config
        return make_site(config.hostname_base, config.extra_hosts, config.api_origins, config.protocol)


class Then(msgspec.Struct, Generic[R], frozen=True):
    """A response, and what is to begin once it is sent, over a WebSocket."""

    response: R
    start: Callable[[], None]


class Ctx(msgspec.Struct, frozen=True):
    """What one message may need.

    Attributes:
        claims: there once it is authenticated.
        link: the way to say more than one reply; None: it was posted.
        envelope: the one that it came in, which further frames for it carry.
        began: when, by `time.perf_counter`.
        of_app: `handle/app`: it is an app that asks, about itself, for who looks at it (`auth/handoff.py`).
        session: of the browser whose page of this server's own sent it; empty: none did.
    """

    app: App
    turn: Turn | None = None
    claims: Claims | None = None
    link: Link | None = None
    envelope: Envelope | None = None
    of_app: str = ""
    began: float = 0.0
    session: str = ""

    @property
    def asker(self) -> Claims:
        """The authenticated user; only handlers of messages that need one get here."""
        assert self.claims is not None, "the message was not authenticated"
        return self.claims

    @property
    def user_id(self) -> UserId | None:
        """Who asks; None: nobody who is known."""
        return self.claims.user_id if self.claims is not None else None
