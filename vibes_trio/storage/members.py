"""Whom the owner of an app has let in: by an invitation that they took, or by an answer to their asking.

Times are ISO. Of the secret of an invitation only the hash is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Row, Tx

Role = Literal["viewer", "editor"]
InviteState = Literal["pending", "accepted", "revoked"]
RequestState = Literal["pending", "approved", "revoked"]
RANK: Mapping[Role, int] = {"viewer": 1, "editor": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An invitation. *user_id*: who took it; empty: nobody yet. *email*: whom it is meant for; may be empty."""

    user_slug: UserSlug
    app_slug: AppSlug
    email_key: str
    email: str
    role: Role
    state: InviteState
    user_id: UserId
    created: str
    updated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody asks to be let in, or did. *role*: the one that they got, or that was taken from them; may be empty."""

    user_id: UserId
    email: str
    state: RequestState
    role: str
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class Membership:
    """An app that somebody else let one into."""

    user_slug: UserSlug
    app_slug: AppSlug
    role: Role
    updated: str


@dataclass(frozen=True, slots=True)
class NewInvite:
    """An invitation to be made."""

    email_key: str
    email: str
    role: Role
    token_hash: str


_INVITE = "userSlug, appSlug, emailKey, givenEmail, role, state, grantUserId, created, updated"
_REQUEST = "userId, email, state, role, created, updated"
_OF_APP = "userSlug = ? AND appSlug = ?"


def find_role(tx: Tx, user_slug: str, app_slug: str, user_id: UserId) -> Role | None:
    """Return the highest role that *user_id* was given in an app, which needn't be there."""
    rows = tx.execute(
        "SELECT role FROM AppInvites WHERE grantUserId = ? AND grantUserId <> '' AND userSlug = ? AND appSlug = ?"
        " AND state = 'accepted'"
        f" UNION ALL SELECT role FROM AccessRequests WHERE {_OF_APP} AND userId = ? AND state = 'approved'",
        (user_id, user_slug, app_slug, user_slug, app_slug, user_id),
    )
    roles: list[Role] = [role for (role,) in rows]
    return max(roles, key=RANK.__getitem__, default=None)


# -- invitations ------------------------------------------------------------------------------------------


def put_invite(tx: Tx, app: AppState, new: NewInvite, *, limit: int) -> Invite:
    """Make an invitation into *app*; one for the same *email_key* begins anew, and who took it is out.

    Raises:
        LimitReached: the app has *limit* of them.
    """
    ((held,),) = tx.execute(
        f"SELECT count(*) FROM AppInvites WHERE {_OF_APP} AND emailKey <> ?",
        (app.user_slug, app.app_slug, new.email_key),
    )
    if held >= limit:
        raise LimitReached(
            f"{app.app_slug} has {held} invitations, and may have {limit}: remove some.",
            limit="members_per_app",
            value=limit,
        )
    (row,) = tx.execute(
        f"INSERT INTO AppInvites ({_INVITE}, tokenHash) VALUES (?, ?, ?, ?, ?, 'pending', '', ?, ?, ?)"
        " ON CONFLICT (userSlug, appSlug, emailKey) DO UPDATE SET role = excluded.role, state = 'pending',"
        " grantUserId = '', givenEmail = excluded.givenEmail, tokenHash = excluded.tokenHash,"
        f" updated = excluded.updated RETURNING {_INVITE}",
        (
            app.user_slug,
            app.app_slug,
            new.email_key,
            new.email,
            new.role,
            tx.now,
            tx.now,
            new.token_hash,
        ),
    )
    return _invite(row)


def redeem_invite(tx: Tx, token_hash: str, user_id: UserId) -> Invite:
    """Take an invitation. Who has taken it before is told the same again.

    Raises:
        NotFound: there is none, or none any more, or it is into one's own app: nothing tells which.
    """
    rows = tx.execute(
        "UPDATE AppInvites SET state = 'accepted', grantUserId = ?, updated = ? WHERE tokenHash = ?"
        " AND (state = 'pending' OR (state = 'accepted' AND grantUserId = ?))"
        " AND EXISTS (SELECT 1 FROM AppSlugBindings AS s WHERE s.userSlug = AppInvites.userSlug"
        " AND s.appSlug = AppInvites.appSlug AND s.deletion = '' AND s.userId <> ?)"
        f" RETURNING {_INVITE}",
        (user_id, tx.now, token_hash, user_id, user_id),
    )
    if not rows:
        raise NotFound(
            "This invitation doesn't count: it may be mistyped, used by someone else, or taken back."
        )
    return _invite(rows[0])


def find_invite(tx: Tx, user_slug: str, app_slug: str, user_id: UserId, email_key: str) -> Invite | None:
    """Return the invitation into an app that *user_id* has taken, else one for that *email_key* (empty: none)."""
    rows = tx.execute(
        f"SELECT {_INVITE} FROM AppInvites WHERE {_OF_APP} AND (grantUserId = ? OR emailKey = ?)"
        " ORDER BY CASE WHEN grantUserId = ? THEN 0 ELSE 1 END LIMIT 1",
        (user_slug, app_slug, user_id, email_key, user_id),
    )
    return _invite(rows[0]) if rows else None


def list_invites(
    tx: Tx, app: AppState, *, after: tuple[str, str] = ("", ""), limit: int
) -> tuple[Invite, ...]:
    """Return invitations into *app* behind the sort keys *after* (created, emailKey), oldest first."""
    rows = tx.execute(
        f"SELECT {_INVITE} FROM AppInvites WHERE {_OF_APP} AND (created, emailKey) > (?, ?)"
        " ORDER BY created, emailKey LIMIT ?",
        (app.user_slug, app.app_slug, *after, limit),
    )
    return tuple(map(_invite, rows))


def change_invite(tx: Tx, app: AppState, email_key: str, *, role: Role | None = None) -> Invite:
    """Give an invitation, and who took it, another *role*; None: take it back.

    Raises:
        NotFound: there is none.
    """
    sets, value = ("role = ?", role) if role is not None else ("state = ?", "revoked")
    rows = tx.execute(
        f"UPDATE AppInvites SET {sets}, updated = ? WHERE {_OF_APP} AND emailKey = ? RETURNING {_INVITE}",
        (value, tx.now, app.user_slug, app.app_slug, email_key),
    )
    if not rows:
        raise NotFound(f"{app.app_slug} has no invitation {email_key[:100]!r}.")
    return _invite(rows[0])


def remove_invite(tx: Tx, app: AppState, email_key: str) -> None:
    """Remove an invitation, and let out who took it."""
    tx.execute(
        f"DELETE FROM AppInvites WHERE {_OF_APP} AND emailKey = ?", (app.user_slug, app.app_slug, email_key)
    )


# -- requests ---------------------------------------------------------------------------------------------


def ask_in(tx: Tx, app: AppState, user_id: UserId, email: str, role: Role | None, *, limit: int) -> Request:
    """Note that *user_id* asks to be let into *app*; with *role* they are at once. Return how it stands.

    Who has asked before has no other answer by asking again.

    Raises:
        LimitReached: *limit* have asked.
    """
    ((held,),) = tx.execute(
        f"SELECT count(*) FROM AccessRequests WHERE {_OF_APP} AND userId <> ?",
        (app.user_slug, app.app_slug, user_id),
    )
    if held >= limit:
        raise LimitReached(
            f"{held} people have asked already, and {limit} may.", limit="members_per_app", value=limit
        )
    (row,) = tx.execute(
        "INSERT INTO AccessRequests (userSlug, appSlug, userId, email, state, role, created, updated)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (userSlug, appSlug, userId) DO UPDATE SET email = excluded.email"
        f" RETURNING {_REQUEST}",
        (
            app.user_slug,
            app.app_slug,
            user_id,
            email,
            "approved" if role is not None else "pending",
            role or "",
            tx.now,
            tx.now,
        ),
    )
    return _request(row)


def find_request(tx: Tx, user_slug: str, app_slug: str, user_id: UserId) -> Request | None:
    """Return how it stands that *user_id* asked to be let into an app."""
    rows = tx.execute(
        f"SELECT {_REQUEST} FROM AccessRequests WHERE {_OF_APP} AND userId = ?",
        (user_slug, app_slug, user_id),
    )
    return _request(rows[0]) if rows else None


def list_requests(
    tx: Tx, app: AppState, *, after: tuple[str, str] = ("", ""), limit: int
) -> tuple[Request, ...]:
    """Return who asked to be let into *app*, behind the sort keys *after* (created, user id), oldest first."""
    rows = tx.execute(
        f"SELECT {_REQUEST} FROM AccessRequests WHERE {_OF_APP} AND (created, userId) > (?, ?)"
        " ORDER BY created, userId LIMIT ?",
        (app.user_slug, app.app_slug, *after, limit),
    )
    return tuple(map(_request, rows))


def answer_request(tx: Tx, app: AppState, user_id: UserId, role: Role | None) -> Request:
    """Let *user_id*, who has asked, into *app* with that *role*; None: not, or no longer.

    Raises:
        NotFound: they have not asked.
    """
    sets, values = (
        ("state = 'approved', role = ?", (role,)) if role is not None else ("state = 'revoked'", ())
    )
    rows = tx.execute(
        f"UPDATE AccessRequests SET {sets}, updated = ? WHERE {_OF_APP} AND userId = ? RETURNING {_REQUEST}",
        (*values, tx.now, app.user_slug, app.app_slug, user_id),
    )
    if not rows:
        raise NotFound(f"{user_id[:100]!r} has not asked to be let into {app.app_slug}.")
    return _request(rows[0])


def remove_request(tx: Tx, app: AppState, user_id: UserId) -> None:
    """Forget that *user_id* asked, and let them out."""
    tx.execute(
        f"DELETE FROM AccessRequests WHERE {_OF_APP} AND userId = ?", (app.user_slug, app.app_slug, user_id)
    )


def approve_waiting(tx: Tx, app: AppState, role: Role) -> None:
    """Let in all who have asked and have had no answer."""
    tx.execute(
        f"UPDATE AccessRequests SET state = 'approved', role = ?, updated = ? WHERE {_OF_APP} AND state = 'pending'",
        (role, tx.now, app.user_slug, app.app_slug),
    )


# -- both -------------------------------------------------------------------------------------------------


def list_members(tx: Tx, app: AppState, limit: int) -> dict[UserId, Role]:
    """Return who is let into *app*, and as what, at most *limit* of each kind."""
    key = (app.user_slug, app.app_slug, limit)
    rows = tx.execute(
        f"SELECT grantUserId, role FROM AppInvites WHERE {_OF_APP} AND state = 'accepted' ORDER BY created LIMIT ?",
        key,
    ) + tx.execute(
        f"SELECT userId, role FROM AccessRequests WHERE {_OF_APP} AND state = 'approved' ORDER BY created LIMIT ?",
        key,
    )
    found: dict[UserId, Role] = {}
    for user_id, role in rows:
        if user_id not in found or RANK[role] > RANK[found[user_id]]:
            found[UserId(user_id)] = role
    return found


def list_memberships(
    tx: Tx, user_id: UserId, *, after: tuple[str, str] = ("", ""), limit: int
) -> tuple[Membership, ...]:
    """Return apps that others let *user_id* into, behind the sort keys *after* (user slug, app slug), by name."""
    found: dict[tuple[str, str], Membership] = {}
    for table, who, state in (
        ("AppInvites", "grantUserId", "accepted"),
        ("AccessRequests", "userId", "approved"),
    ):
        rows = tx.execute(
            f"SELECT userSlug, appSlug, role, updated FROM {table} WHERE {who} = ? AND {who} <> '' AND state = ?"
            " AND (userSlug, appSlug) > (?, ?) ORDER BY userSlug, appSlug LIMIT ?",
            (user_id, state, *after, limit),
        )
        for user, app, role, updated in rows:
            there = found.get((user, app))
            if there is None or RANK[role] > RANK[there.role]:
                found[user, app] = Membership(UserSlug(user), AppSlug(app), role, updated)
    return tuple(found[key] for key in sorted(found)[:limit])


def _invite(row: Row) -> Invite:
    user_slug, app_slug, email_key, email, role, state, user_id, created, updated = row
    return Invite(
        user_slug=UserSlug(user_slug),
        app_slug=AppSlug(app_slug),
        email_key=email_key,
        email=email,
        role=role,
        state=state,
        user_id=UserId(user_id),
        created=created,
        updated=updated,
    )


def _request(row: Row) -> Request:
    user_id, email, state, role, created, updated = row
    return Request(
        user_id=UserId(user_id), email=email, state=state, role=role, created=created, updated=updated
    )
