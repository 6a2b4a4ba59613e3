"""The server as whoever runs it sees it: what it does and holds, its settings, and what may become a problem."""

import msgspec

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.people import UserRole


class Figure(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A number that the server counts, by its name and labels; of what has none there are none."""

    name: str
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    value: float


class SeriesPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value; *at*: Unix milliseconds."""

    at: int
    value: float


class FigureSeries(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How one figure went of late, oldest first. What grows is told per second."""

    name: str
    per_second: bool
    points: tuple[SeriesPoint, ...]


class JobKind(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many jobs of a kind wait, run, and may run at a time."""

    kind: str
    waiting: int
    running: int
    places: int


class OpenBuild(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Packages of a release that are being built."""

    app_slug: str
    owner_handle: str
    fs_id: str
    stage: str
    done: int
    parts: int


class ModuleStore(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What this server keeps of npm packages. *is_open*: False: pages load them elsewhere; *note* says why."""

    is_open: bool
    modules: int
    bytes: int
    note: str


class Disk(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The disk of the data folder, in bytes. Below *reserve* nothing more is stored for clients."""

    free: int
    total: int
    reserve: int


class KeptBackup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A backup that the server has made by itself. *made*: ISO."""

    name: str
    made: str
    bytes: int


class Backups(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The backups that the server makes by itself, newest first; *every_h*: hours from one to the next, 0: none."""

    every_h: int
    folder: str
    keep: int
    items: tuple[KeptBackup, ...]


class ResGetServerStatus(Response, frozen=True, kw_only=True, tag="vibes.diy.res-get-server-status"):
    """What the server does and holds now. Times are ISO."""

    version: str
    started: str
    now: str
    processes: int
    figures: tuple[Figure, ...]
    series: tuple[FigureSeries, ...]
    jobs: tuple[JobKind, ...]
    jobs_dropped: int
    builds: tuple[OpenBuild, ...]
    modules: ModuleStore
    disk: Disk
    backups: Backups


class ReqGetServerStatus(
    Request[ResGetServerStatus], frozen=True, kw_only=True, tag="vibes.diy.req-get-server-status"
):
    """Tell what the server does and holds now, and how that went of late"""


class ToldSetting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A setting; what is secret of it is hidden. *origin*: `flag`, `environment`, `config.toml` or `default`."""

    name: str
    value: str
    origin: str
    meaning: str


class ResListServerSettings(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-server-settings"):
    """All settings."""

    items: tuple[ToldSetting, ...]


class ReqListServerSettings(
    Request[ResListServerSettings], frozen=True, kw_only=True, tag="vibes.diy.req-list-server-settings"
):
    """List every setting of the server, its value and where that came from; nothing secret"""


class ToldFinding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that was looked at: `ok`, a `note` to mind, or a `problem` to mend; *text* says what to do."""

    what: str
    level: str
    text: str


class ResGetServerFindings(Response, frozen=True, kw_only=True, tag="vibes.diy.res-get-server-findings"):
    """What `vibes-trio doctor` finds, and when it looked (ISO)."""

    items: tuple[ToldFinding, ...]
    looked: str


class ReqGetServerFindings(
    Request[ResGetServerFindings], frozen=True, kw_only=True, tag="vibes.diy.req-get-server-findings"
):
    """Look for what may become a problem of the server, at most once a minute"""


class UserUsage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody keeps: bytes of releases and of chats, and how many of what."""

    apps: int
    releases: int
    release_bytes: int
    chats: int
    sections: int
    chat_bytes: int


class ListedUser(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody who may sign in. *role*: `operator` or `user`. Times are ISO."""

    user_id: str
    name: str
    email: str
    role: UserRole
    created: str
    usage: UserUsage


class ResListUsers(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-users"):
    """Some of the users, by name; *next_cursor* asks for those that follow."""

    items: tuple[ListedUser, ...]
    next_cursor: str = ""


class ReqListUsers(Request[ResListUsers], frozen=True, kw_only=True, tag="vibes.diy.req-list-users"):
    """List who may sign in here, by name, with what they keep"""

    limit: int = 100
    cursor: str = ""
