"""What lets a browser in whose page round a private app shows it: for one app, one visitor, as long as they may see it.

A visitor's session never reaches the app's host, so this stands for it there, and for nothing else.
"""

from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Tx


def make_entry(
    tx: Tx, app: AppState, user_id: UserId, token_hash: str, session_hash: str, *, valid_s: float, limit: int
) -> None:
    """Let a browser into *app* for *valid_s* as *user_id*, who has at most *limit* such: the oldest go.

    *session_hash*: of the session that it ends with; empty: of none.
    """
    tx.execute("DELETE FROM AppEntries WHERE userId = ? AND expires <= ?", (user_id, tx.now))
    tx.execute(
        "DELETE FROM AppEntries WHERE userId = ? AND tokenHash IN (SELECT tokenHash FROM AppEntries WHERE userId = ?"
        " ORDER BY expires DESC, tokenHash LIMIT ? OFFSET ?)",
        (user_id, user_id, limit, limit - 1),
    )
    tx.execute(
        "INSERT INTO AppEntries (tokenHash, userSlug, appSlug, userId, sessionHash, expires)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (token_hash, app.user_slug, app.app_slug, user_id, session_hash, tx.later(valid_s)),
    )


def find_entrant(tx: Tx, app_slug: AppSlug, user_slug: UserSlug, token_hash: str) -> UserId | None:
    """Return as whom the browser with that secret comes into the app; None: it lets nobody in there now."""
    rows = tx.execute(
        "SELECT userId FROM AppEntries AS e WHERE tokenHash = ? AND userSlug = ? AND appSlug = ? AND expires > ?"
        " AND (sessionHash = '' OR EXISTS (SELECT 1 FROM Sessions AS s WHERE s.tokenHash = e.sessionHash"
        " AND s.expires > ?))",
        (token_hash, user_slug, app_slug, tx.now, tx.now),
    )
    return UserId(rows[0][0]) if rows else None
