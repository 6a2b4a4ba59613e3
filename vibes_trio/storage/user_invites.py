"""Invitations of people who are no users yet. Whoever has the code of one becomes a user by it, once.

Times are ISO text as `Tx.now`.
"""

from dataclasses import dataclass

from vibes_trio.errors import LimitReached, NotFound, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.storage.app_states import LAST
from vibes_trio.storage.interface import Row, Tx
from vibes_trio.storage.users import UserRole


@dataclass(frozen=True, slots=True)
class UserInvite:
    """An invitation that is open.

    Attributes:
        name: what the user will be called; empty: they say so themselves.
        created_by: the operator who made it; empty: in the terminal.
    """

    invite_id: str
    name: str
    email: str
    role: UserRole
    created_by: UserId
    created: str
    expires: str


_COLUMNS = "inviteId, name, email, role, createdBy, created, expires"


@dataclass(frozen=True, slots=True)
class NewUserInvite:
    """One to be made; see `UserInvite`. Of its code only *code_hash* is kept."""

    invite_id: str
    code_hash: str
    name: str
    email: str
    role: UserRole
    created_by: UserId


def add_user_invite(tx: Tx, new: NewUserInvite, *, valid_s: float, limit: int) -> UserInvite:
    """Make an invitation that counts for *valid_s*. Those whose time is over are forgotten.

    Raises:
        LimitReached: *limit* are open.
    """
    tx.execute("DELETE FROM UserInvites WHERE expires <= ?", (tx.now,))
    ((open_ones,),) = tx.execute("SELECT count(*) FROM UserInvites")
    if open_ones >= limit:
        raise LimitReached(
            f"{open_ones} people are invited to this server, and there may be {limit}: take some back.",
            limit="user_invites",
            value=limit,
        )
    (row,) = tx.execute(
        f"INSERT INTO UserInvites ({_COLUMNS}, codeHash) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (
            new.invite_id,
            new.name,
            new.email,
            new.role,
            new.created_by,
            tx.now,
            tx.later(valid_s),
            new.code_hash,
        ),
    )
    return _invite(row)


def find_user_invite(tx: Tx, code_hash: str) -> UserInvite | None:
    """Return the invitation with that code, if it counts."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM UserInvites WHERE codeHash = ? AND expires > ?", (code_hash, tx.now)
    )
    return _invite(rows[0]) if rows else None


def use_user_invite(tx: Tx, code_hash: str) -> UserInvite:
    """Use an invitation up and return it.

    Raises:
        RequireLogin: unknown, used before, taken back or run out. One answer for all of them.
    """
    rows = tx.execute(
        f"DELETE FROM UserInvites WHERE codeHash = ? AND expires > ? RETURNING {_COLUMNS}",
        (code_hash, tx.now),
    )
    if not rows:
        raise RequireLogin("invite_invalid")
    return _invite(rows[0])


def list_user_invites(tx: Tx, *, after: tuple[str, str] = (LAST, ""), limit: int) -> tuple[UserInvite, ...]:
    """Return the open invitations behind the sort keys *after* (created, id), newest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM UserInvites WHERE (created, inviteId) < (?, ?) AND expires > ?"
        " ORDER BY created DESC, inviteId DESC LIMIT ?",
        (*after, tx.now, limit),
    )
    return tuple(map(_invite, rows))


def remove_user_invite(tx: Tx, invite_id: str) -> None:
    """Take an invitation back.

    Raises:
        NotFound: there is none such.
    """
    if not tx.execute("DELETE FROM UserInvites WHERE inviteId = ? RETURNING 1", (invite_id,)):
        raise NotFound(f"There is no open invitation {invite_id[:100]!r}: it may have been used.")


def _invite(row: Row) -> UserInvite:
    invite_id, name, email, role, created_by, created, expires = row
    return UserInvite(invite_id, name, email, role, UserId(created_by), created, expires)
