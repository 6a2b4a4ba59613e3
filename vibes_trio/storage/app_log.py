"""What happened to each app: its last entries, numbered from 1 without a gap, in the transactions that did it.

Old entries go while others are added, some at a time: an app that is left alone keeps a few that nobody is shown.
"""

from dataclasses import dataclass

from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.feed import AppLogged
from vibes_trio.storage.interface import Row, Tx
from vibes_trio.wire.app_log import LogKind

Kind = LogKind
AppName = tuple[AppSlug, UserSlug]

TRIMMED_EVERY = 16
"""Entries that are added between two looks for those that may go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What happened.

    Attributes:
        by: who did it; empty: the server, by itself.
        fs_id, release_seq, mode: of the release that it is about; empty, 0: of none.
        code: of the error, if it failed.
        words: more of it, for people.
    """

    kind: Kind
    by: str = ""
    fs_id: str = ""
    release_seq: int = 0
    mode: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(NewEntry):
    """An entry that is there. *created*: ISO."""

    number: int
    created: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is kept of an app: so many entries, of *seconds* at most, with words of so many characters."""

    entries: int
    seconds: float
    chars: int


_OF_APP = "userSlug = ? AND appSlug = ?"
_COLUMNS = "number, created, kind, byUserId, fsId, releaseSeq, mode, code, words"


def add_entry(tx: Tx, app: AppName, new: NewEntry, kept: Kept) -> None:
    """Note what happened to an app that is there; forget what is too old, or too much."""
    slug, user = app
    ((number,),) = tx.execute(
        f"INSERT INTO AppLog (userSlug, appSlug, {_COLUMNS})"
        f" SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM AppLog WHERE {_OF_APP}"
        " RETURNING number",
        (user, slug, *_values(tx, new, kept), user, slug),
    )
    if number % TRIMMED_EVERY == 0:
        tx.execute(
            f"DELETE FROM AppLog WHERE {_OF_APP} AND (number <= ? OR created < ?) AND number < ?",
            (user, slug, number - kept.entries, tx.later(-kept.seconds), number),
        )
    tx.tell(AppLogged(slug, user, number))


def add_to_all(tx: Tx, user: UserSlug, new: NewEntry, kept: Kept) -> None:
    """Note what happened to all apps of a handle that are there. Each keeps what it has, until more happens to it."""
    tx.execute(
        f"INSERT INTO AppLog (userSlug, appSlug, {_COLUMNS})"
        " SELECT a.userSlug, a.appSlug, coalesce((SELECT max(number) FROM AppLog AS l WHERE l.userSlug = a.userSlug"
        " AND l.appSlug = a.appSlug), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM AppSlugBindings AS a"
        " WHERE a.userSlug = ? AND a.deletion = ''",
        (*_values(tx, new, kept), user),
    )


def _values(tx: Tx, new: NewEntry, kept: Kept) -> tuple[str | int, ...]:
    words, code = new.words[: kept.chars], new.code
    return (tx.now, new.kind, new.by, new.fs_id, new.release_seq, new.mode, code, words)


def list_entries(
    tx: Tx, app: AppName, *, since: str, below: int, limit: int, kept: Kept
) -> tuple[Entry, ...]:
    """Return entries of an app with numbers below *below*, not from before *since* (ISO), newest first."""
    since = max(since, tx.later(-kept.seconds))
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM AppLog WHERE {_OF_APP} AND number < ? AND created >= ?"
        " ORDER BY number DESC LIMIT ?",
        (app[1], app[0], below, since, limit),
    )
    return tuple(map(_entry, rows))


def list_from(tx: Tx, app: AppName, start: int, limit: int) -> tuple[Entry, ...]:
    """Return entries of an app from the number *start* on, in order."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM AppLog WHERE {_OF_APP} AND number >= ? ORDER BY number LIMIT ?",
        (app[1], app[0], start, limit),
    )
    return tuple(map(_entry, rows))


def count_entries(tx: Tx, app: AppName, kind: Kind, fs_id: str) -> int:
    """Return how many entries of an app are of that kind, about that release."""
    ((count,),) = tx.execute(
        f"SELECT count(*) FROM AppLog WHERE {_OF_APP} AND kind = ? AND fsId = ?",
        (app[1], app[0], kind, fs_id),
    )
    return int(count)


def get_end(tx: Tx, app: AppName) -> int:
    """Return the number of the entry that comes next."""
    ((last,),) = tx.execute(f"SELECT coalesce(max(number), 0) FROM AppLog WHERE {_OF_APP}", (app[1], app[0]))
    return int(last) + 1


def _entry(row: Row) -> Entry:
    number, created, kind, by, fs_id, release_seq, mode, code, words = row
    return Entry(
        number=number,
        created=created,
        kind=kind,
        by=UserId(by),
        fs_id=fs_id,
        release_seq=release_seq,
        mode=mode,
        code=code,
        words=words,
    )
