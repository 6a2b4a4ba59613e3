"""Users as the operator sees them: who there is, and how much each keeps."""

import msgspec

from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.usage import Usage
from vibes_trio.storage.users import UserRole


class KeptUser(msgspec.Struct, frozen=True):
    """A user, how many apps and releases are theirs, and what else they keep. *created*: ISO."""

    user_id: UserId
    name: str
    email: str
    created: str
    role: UserRole
    apps: int
    releases: int
    usage: Usage


def list_kept(tx: Tx, *, after: str = "", limit: int) -> tuple[KeptUser, ...]:
    """Return users by name, behind the name *after*, at most *limit*. What is deleted counts for nobody."""
    rows = tx.execute(
        "SELECT u.userId, u.name, u.email, u.created, u.role,"
        " (SELECT count(*) FROM AppSlugBindings AS a WHERE a.userId = u.userId AND a.deletion = ''),"
        " (SELECT count(*) FROM Apps AS r WHERE r.userId = u.userId AND r.deletion = ''),"
        " coalesce(k.releaseBytes, 0), coalesce(k.contexts, 0), coalesce(k.sections, 0), coalesce(k.chatBytes, 0)"
        " FROM Users AS u LEFT JOIN UserUsage AS k ON k.userId = u.userId"
        " WHERE u.name > ? ORDER BY u.name LIMIT ?",
        (after, limit),
    )
    return tuple(
        KeptUser(UserId(user_id), name, email, created, role, apps, releases, Usage(*kept))
        for user_id, name, email, created, role, apps, releases, *kept in rows
    )
