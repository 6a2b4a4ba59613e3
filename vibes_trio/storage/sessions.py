"""Browsers that are signed in: who in which, since when, until when. Times are ISO text as `Tx.now`.

A session ends when it is ended, when its time is over, and when it was not used for `limits.session_idle_s`.
"""

from dataclasses import dataclass

from vibes_trio.config import Limits
from vibes_trio.errors import NotFound, Overloaded
from vibes_trio.exchange import UserId
from vibes_trio.storage.app_states import LAST
from vibes_trio.storage.counters import count_up, get_count
from vibes_trio.storage.feed import SessionsEnded
from vibes_trio.storage.interface import Row, Tx
from vibes_trio.storage.users import UserRole


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in.

    Attributes:
        session_id: its name in lists; lets nobody in.
        user_name, email, role: of whose it is.
        browser: what it says that it is.
        used: when last, as far as that is written down.
        expires: when it is over in any case.
    """

    session_id: str
    user_id: UserId
    user_name: str
    email: str
    role: UserRole
    browser: str
    created: str
    used: str
    expires: str


_COLUMNS = "s.sessionId, s.userId, u.name, u.email, u.role, s.browser, s.created, s.used, s.expires"
_FROM = "FROM Sessions s JOIN Users u ON u.userId = s.userId"
_COUNTS = "s.expires > ? AND s.used > ?"


def add_session(
    tx: Tx, session_id: str, token_hash: str, user_id: UserId, browser: str, limits: Limits
) -> Session:
    """Sign a browser in. Who has `limits.sessions_per_user` of them loses the one that was not used for longest.

    Raises:
        Overloaded: `limits.sessions` browsers are signed in.
    """
    tx.execute("DELETE FROM Sessions WHERE expires <= ? OR used <= ?", _ends(tx, limits))
    ((held,),) = tx.execute("SELECT count(*) FROM Sessions")
    if held >= limits.sessions:
        raise Overloaded("Too many browsers are signed in to this server: nobody else can be at the moment.")
    oldest = tx.execute(
        "SELECT sessionId FROM Sessions WHERE userId = ? ORDER BY used DESC, sessionId", (user_id,)
    )[limits.sessions_per_user - 1 :]
    for (other,) in oldest:
        _end(tx, other)
    tx.execute(
        "INSERT INTO Sessions (sessionId, tokenHash, userId, browser, created, used, expires)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (session_id, token_hash, user_id, browser, tx.now, tx.now, tx.later(limits.session_s)),
    )
    (row,) = tx.execute(f"SELECT {_COLUMNS} {_FROM} WHERE s.sessionId = ?", (session_id,))
    return _session(row)


def find_session(tx: Tx, token_hash: str, limits: Limits) -> Session | None:
    """Return the session of the browser that shows what has that hash, if it counts now."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE s.tokenHash = ? AND {_COUNTS}", (token_hash, *_ends(tx, limits))
    )
    return _session(rows[0]) if rows else None


def touch_session(tx: Tx, session_id: str) -> None:
    """Note that a session is used now; one that has ended meanwhile stays so."""
    tx.execute("UPDATE Sessions SET used = ? WHERE sessionId = ?", (tx.now, session_id))


def list_sessions(
    tx: Tx, user_id: UserId | None, limits: Limits, *, after: tuple[str, str] = (LAST, ""), limit: int
) -> tuple[Session, ...]:
    """Return the sessions of *user_id*, None: of all, behind the sort keys *after* (created, id), newest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE s.userId = coalesce(?, s.userId) AND (s.created, s.sessionId) < (?, ?)"
        f" AND {_COUNTS} ORDER BY s.created DESC, s.sessionId DESC LIMIT ?",
        (user_id, *after, *_ends(tx, limits), limit),
    )
    return tuple(map(_session, rows))


def is_anybody_signed_in(tx: Tx, limits: Limits) -> bool:
    """Say whether there is a session that counts."""
    return bool(tx.execute(f"SELECT 1 FROM Sessions s WHERE {_COUNTS} LIMIT 1", _ends(tx, limits)))


def end_session(tx: Tx, user_id: UserId | None, session_id: str) -> Session:
    """End a session of *user_id*, None: of anybody, and return it.

    Raises:
        NotFound: they have none such.
    """
    rows = tx.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE s.sessionId = ? AND s.userId = coalesce(?, s.userId)",
        (session_id, user_id),
    )
    if not rows:
        raise NotFound(f"No browser is signed in as {session_id[:100]!r}: it may have signed out.")
    _end(tx, session_id)
    return _session(rows[0])


def end_others(tx: Tx, user_id: UserId, but: str) -> int:
    """End all sessions of *user_id* but the one called *but*; return how many those were."""
    rows = tx.execute("SELECT sessionId FROM Sessions WHERE userId = ? AND sessionId <> ?", (user_id, but))
    for (session_id,) in rows:
        _end(tx, session_id)
    return len(rows)


def get_sessions_version(tx: Tx) -> int:
    """Return a number that grows with each session that is ended, by whichever process."""
    return get_count(tx, "sessions")


def _end(tx: Tx, session_id: str) -> None:
    tx.execute("DELETE FROM Sessions WHERE sessionId = ?", (session_id,))
    count_up(tx, "sessions")
    tx.tell(SessionsEnded())


def _ends(tx: Tx, limits: Limits) -> tuple[str, str]:
    """Return now, and the last use that is too long ago."""
    return tx.now, tx.later(-limits.session_idle_s)


def _session(row: Row) -> Session:
    session_id, user_id, name, email, role, browser, created, used, expires = row
    return Session(session_id, UserId(user_id), name, email, role, browser, created, used, expires)
