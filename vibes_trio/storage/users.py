"""Users that the operator has added, and the one-time codes with which they sign in first.

Source: auth.md, 9. Users who come by Clerk are not here: they are known by their token alone.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

from vibes_trio.errors import BadRequest, NotFound, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Row, Tx

UserRole = Literal["operator", "user"]


@dataclass(frozen=True, slots=True)
class User:
    """A user. `name` is what the operator calls him, `email` may be empty, `created` is ISO."""

    user_id: UserId
    name: str
    email: str
    created: str
    role: UserRole = "user"


USER_ID_BYTES = 12
_COLUMNS = "userId, name, email, created, role"


def new_user_id() -> UserId:
    """Return an id that nobody has. Those of Clerk start with `user_`."""
    return UserId(f"local_{secrets.token_hex(USER_ID_BYTES)}")


def add_user(tx: Tx, user_id: UserId, name: str, email: str, *, role: UserRole = "user") -> User:
    """Add a user and return him. The first one is an operator in any case.

    Raises:
        BadRequest: the name or the id is taken.
    """
    role = role if tx.execute("SELECT 1 FROM Users LIMIT 1") else "operator"
    rows = tx.execute(
        f"INSERT INTO Users ({_COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        (user_id, name, email, tx.now, role),
    )
    if not rows:
        raise _taken(name)
    return _user(rows[0])


def check_free(tx: Tx, name: str) -> None:
    """Make sure that nobody is called *name*.

    Raises:
        BadRequest: somebody is.
    """
    if find_user(tx, name) is not None:
        raise _taken(name)


def is_operator(tx: Tx, user_id: UserId) -> bool:
    """Say whether *user_id* runs this server."""
    return bool(tx.execute("SELECT 1 FROM Users WHERE userId = ? AND role = 'operator'", (user_id,)))


def set_role(tx: Tx, user_id: UserId, role: UserRole) -> User:
    """Say whether a user runs this server; return them.

    Raises:
        NotFound: there is no such user.
        BadRequest: nobody would run it any more.
    """
    get_user(tx, user_id)
    others = tx.execute("SELECT 1 FROM Users WHERE role = 'operator' AND userId <> ? LIMIT 1", (user_id,))
    if role != "operator" and not others:
        raise BadRequest("Nobody would be an operator of this server any more: make somebody else one first.")
    (row,) = tx.execute(f"UPDATE Users SET role = ? WHERE userId = ? RETURNING {_COLUMNS}", (role, user_id))
    return _user(row)


def _taken(name: str) -> BadRequest:
    return BadRequest(f"There is a user {name} already. Choose another name.")


def find_user(tx: Tx, name: str) -> User | None:
    """Return the user of that name."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM Users WHERE name = ?", (name,))
    return _user(rows[0]) if rows else None


def find_user_of(tx: Tx, user_id: UserId) -> User | None:
    """Return the user with that id; who comes by another service may be none."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM Users WHERE userId = ?", (user_id,))
    return _user(rows[0]) if rows else None


def get_user(tx: Tx, user_id: UserId) -> User:
    """Return the user with that id.

    Raises:
        NotFound: there is none.
    """
    user = find_user_of(tx, user_id)
    if user is None:
        raise NotFound(f"There is no user with the id {user_id}. See `user list`.")
    return user


def list_users(tx: Tx) -> tuple[User, ...]:
    """Return all users by name."""
    return tuple(_user(row) for row in tx.execute(f"SELECT {_COLUMNS} FROM Users ORDER BY name"))


def add_invite(tx: Tx, user_id: UserId, code_hash: str, *, valid_s: float) -> str:
    """Let the code whose hash is *code_hash* sign *user_id* in once, for *valid_s*; return until when (ISO).

    Only the hash is kept: the database gives no code away. Codes that have run out are forgotten.

    Raises:
        NotFound: no such user.
    """
    get_user(tx, user_id)
    tx.execute("DELETE FROM Invites WHERE expires <= ?", (tx.now,))
    expires = tx.later(valid_s)
    tx.execute(
        "INSERT INTO Invites (codeHash, userId, created, expires) VALUES (?, ?, ?, ?)",
        (code_hash, user_id, tx.now, expires),
    )
    return expires


def find_invite(tx: Tx, code_hash: str) -> UserId | None:
    """Return whom a code signs in, if it counts."""
    rows = tx.execute(
        "SELECT userId FROM Invites WHERE codeHash = ? AND used IS NULL AND expires > ?", (code_hash, tx.now)
    )
    return UserId(rows[0][0]) if rows else None


def use_invite(tx: Tx, code_hash: str) -> UserId:
    """Use a code up and return whom it signs in.

    Raises:
        RequireLogin: unknown, used before or run out. One answer for all three.
    """
    rows = tx.execute(
        "UPDATE Invites SET used = ? WHERE codeHash = ? AND used IS NULL AND expires > ? RETURNING userId",
        (tx.now, code_hash, tx.now),
    )
    if not rows:
        raise RequireLogin("invite_invalid")
    return UserId(rows[0][0])


def _user(row: Row) -> User:
    user_id, name, email, created, role = row
    return User(UserId(user_id), name, email, created, role)
