"""Users that the operator has added, and the one-time codes with which they sign in first.

Source: auth.md, 9. Users who come by Clerk are not here: they are known by their token alone.
"""

from dataclasses import dataclass

from vibes_trio.errors import BadRequest, NotFound, RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Row, Tx


@dataclass(frozen=True, slots=True)
class User:
    """A user. `name` is what the operator calls him, `email` may be empty, `created` is ISO."""

    user_id: UserId
    name: str
    email: str
    created: str


_COLUMNS = "userId, name, email, created"


def add_user(tx: Tx, user_id: UserId, name: str, email: str) -> User:
    """Add a user and return him.

    Raises:
        BadRequest: the name or the id is taken.
    """
    rows = tx.execute(
        f"INSERT INTO Users ({_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        (user_id, name, email, tx.now),
    )
    if not rows:
        raise BadRequest(f"There is a user {name} already. Choose another name.")
    return _user(rows[0])


def find_user(tx: Tx, name: str) -> User | None:
    """Return the user of that name."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM Users WHERE name = ?", (name,))
    return _user(rows[0]) if rows else None


def get_user(tx: Tx, user_id: UserId) -> User:
    """Return the user with that id.

    Raises:
        NotFound: there is none.
    """
    rows = tx.execute(f"SELECT {_COLUMNS} FROM Users WHERE userId = ?", (user_id,))
    if not rows:
        raise NotFound(f"There is no user with the id {user_id}. See `user list`.")
    return _user(rows[0])


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
    user_id, name, email, created = row
    return User(UserId(user_id), name, email, created)
