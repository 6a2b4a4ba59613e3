"""The storage as the rest of the program sees it. An engine (SQLite's lies in `sqlite/`) is what fulfils it.

Repositories are sync functions on a `Tx`, in the SQL that SQLite and PostgreSQL have in common; async code never
sees a connection. Three tables are only read: `AssetUses`, `UserAssets` and `UserUsage` follow from the others, and
each engine keeps them true in its own way.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded, VibesError
from vibes_trio.exchange import Promise, UserId
from vibes_trio.storage.feed import Change, Feed

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A = TypeVar("A")

Value = str | int | float | bytes | None
# Any: what a row holds is decided by the columns of its statement, which no type of ours can see.
Row = tuple[Any, ...]

_FULL_RETRY_S = 5
_FULL = (
    "The server's disk is full: nothing was stored, reading goes on. "
    "The operator has to free space; writing then resumes by itself."
)


class DiskFull(Overloaded):
    """No room to write. Told apart because an engine may give up its reserve and go on."""

    def __init__(self, message: str = _FULL) -> None:
        super().__init__(message, retry_after_s=_FULL_RETRY_S)


class DiskShort(Overloaded):
    """There is room, but it is kept for others: the setting VIBES_DISK_RESERVE."""

    def __init__(self) -> None:
        super().__init__(
            "The server's disk is nearly full: nothing more is stored, reading goes on. The operator has to free "
            "space (VIBES_DISK_RESERVE is kept free); storing then resumes by itself.",
            retry_after_s=_FULL_RETRY_S,
        )


def iso_utc(seconds: float) -> str:
    """Return Unix *seconds* as the tables write time: `2026-01-22T06:51:35.123Z`. Sorts as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix_of(iso: str) -> float:
    """Return the Unix seconds of a time that `iso_utc` wrote."""
    return datetime.fromisoformat(iso).timestamp()


class Tx(Protocol):
    """A transaction. Lives for one function call, on the thread that runs it."""

    @property
    def now(self) -> str:
        """The time at which the transaction began: ISO, UTC, milliseconds, `Z`."""

    def later(self, seconds: float) -> str:
        """Return the time *seconds* after `now`, in the same form."""

    def check_room(self, size: int) -> None:
        """Make sure that *size* more bytes may be stored for a client.

        Raises:
            DiskShort: the disk is nearly full. The transaction may go on to other things.
        """

    def as_text(self, text: str | bytes) -> Value:
        """Return *text*, characters or UTF-8, as a parameter for `CAST(? AS TEXT)`: in the form that needs no copy."""

    def tell(self, *changes: Change) -> None:
        """Have `Database.feed` told of *changes* once they are committed, before this transaction is answered."""

    def execute(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """Run one statement, with a `?` for each of *params*, and return all its rows (none for most writes).

        `lower` knows the letters of all languages, as Python's.

        Raises:
            Overloaded: busy, full or stopped.
            Internal: the storage failed.
        """


Many = Callable[[Tx, Sequence[A]], Sequence[T | VibesError]]
"""A write of many items at once. Returns for each, in order, its result or why it alone was refused: nothing
was written for that one. What it raises undoes, and answers, all of them."""


class Answer(Promise[T_co], Protocol[T_co]):
    """What a write that stands in the queue will come to: what the function returned or raised, once it is on disk
    or undone.

    Cancelled before the transaction starts, `wait` withdraws it: nothing happens. Cancelled later, the answer is
    returned all the same, and the cancellation met at the next checkpoint. Of who is told, nothing is withdrawn.
    """


class Points(Protocol):
    """Point reads at once: only of an engine whose data lies in this machine's memory or files."""

    def get(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `Database.get`, here and now, in the event loop."""

    def forget_fixed(self, fn: Callable[[Tx, str], T | None], key: str) -> None:
        """Forget what `get_fixed` remembers, as it is gone."""

    def get_fixed(self, fn: Callable[[Tx, str], T | None], key: str) -> T | None:
        """As `get`, for what never changes once it is there: it is read once, then remembered. None is not."""


class Text(msgspec.Struct, frozen=True):
    """What a section of a chat of *user_id* says."""

    user_id: UserId
    context_id: str
    seq: int
    text: str


class SearchAsked(msgspec.Struct, frozen=True):
    """What is looked for: sections that have all *words*, of the last a beginning where there is none.

    Attributes:
        after: `Hit.place` of the last that is known; None: from the first on.
        context_id: in this chat alone; empty: in all.
    """

    words: tuple[str, ...]
    limit: int
    after: int | None = None
    context_id: str = ""


class Snippet(msgspec.Struct, frozen=True):
    """A piece of text; *hit*: it is what was looked for."""

    text: str
    hit: bool


class Hit(msgspec.Struct, frozen=True):
    """A section that was found. *place*: where it stands in the list. *title*: of its chat, or how that begins."""

    place: int
    context_id: str
    seq: int
    origin: str
    created: str
    title: str
    snippet: tuple[Snippet, ...]


class ChatSearch(Protocol):
    """Search in the text of chats, in the way of the engine. What is deleted is not found."""

    def put(self, tx: Tx, texts: Sequence[Text]) -> None:
        """Have *texts* be found, each in place of what was put for its section before."""

    def find(self, tx: Tx, user_id: UserId, asked: SearchAsked) -> tuple[Hit, ...]:
        """Return sections of *user_id*, those of younger chats first, and later ones of a chat first."""


class Database(Protocol):
    """The data of one server."""

    @property
    def limits(self) -> Limits:
        """The limits that it was made with."""

    @property
    def feed(self) -> Feed:
        """Told of all that this process commits, and of what others say that they did."""

    @property
    def chat_search(self) -> ChatSearch:
        """Search in the text of chats."""

    @property
    def points(self) -> Points | None:
        """Point reads at once; None: the engine has none. Whoever uses them has another way then."""

    @property
    def is_disk_short(self) -> bool:
        """Whether the last client that wanted to store something was refused, as the disk is nearly full."""

    def open(self) -> tuple[str, ...]:
        """Open it, bring its tables up to date, and return the names of the steps that it took.

        Called from the event loop, whose thread then owns point reads.

        Raises:
            ConfigError: no database, not usable here, in use elsewhere, or written by a newer version.
        """

    def open_for_get(self) -> None:
        """Open what another process has open, for `get` and small `read`s alone.

        Raises:
            ConfigError: it isn't there, or no database.
        """

    def close(self) -> None:
        """Finish what waits, and close. Does nothing when it is closed. Blocks: for shutdown."""

    def submit(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        """Queue a write at once, so that writes happen in the order of these calls, but for long ones.

        Raises:
            Overloaded: `limits.writes_waiting` wait already, or the database is closed. Nothing is queued.
        """

    def submit_item(self, many: Many[A, T], item: A) -> Answer[T]:
        """Queue *item* for a write that takes all that wait for it together; order and errors as for `submit`."""

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *fn* in a transaction and return what it returned, once that is on disk.

        What *fn* raises undoes all that it did, and is raised here. Cancelled before it starts, it does not
        start; later, it is finished and answered (see `Answer`).

        Raises:
            Overloaded: too much waits; the database is in use elsewhere; the disk is full.
            Internal: the storage failed. Nothing was acknowledged.
        """

    async def write_long(
        self, size_bytes: int, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, for what brings *size_bytes*: if these are many it has a commit of its own, in its turn."""

    async def read(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *fn* on one snapshot, for at most `limits.read_timeout_s`.

        Raises:
            Overloaded: too much waits, or it took too long.
            Internal: the storage failed, or *fn* tried to write.
        """

    async def get(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *fn*, which finds a few rows by their key. An engine with `points` returns without a checkpoint.

        Raises:
            Overloaded: the database is closed, or locked by another program.
        """


class About(msgspec.Struct, frozen=True):
    """An engine, as the operator is told of it. *advice*: what to mind with this version; empty: nothing."""

    name: str
    version: str
    advice: str = ""


class DataFacts(msgspec.Struct, frozen=True):
    """What a copy of the data holds. *version*: of its tables."""

    version: int
    releases: int
    chats: int
