"""Links that let a browser see a private app, as long as who made them may see it themselves."""

from dataclasses import dataclass

from vibes_trio.errors import LimitReached, NotFound
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Row, Tx


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link into an app, made by *user_id*. Times are ISO."""

    link_id: str
    user_slug: UserSlug
    app_slug: AppSlug
    user_id: UserId
    created: str
    expires: str


_COLUMNS = "linkId, userSlug, appSlug, userId, created, expires"
_OF_APP = "userSlug = ? AND appSlug = ?"


def make_link(
    tx: Tx, app: AppState, user_id: UserId, link_id: str, token_hash: str, *, valid_s: float, limit: int
) -> ShareLink:
    """Make a link into *app* that counts for *valid_s*. Those of the app whose time is over are forgotten.

    Raises:
        LimitReached: the app has *limit* links.
    """
    key = (app.user_slug, app.app_slug)
    tx.execute(f"DELETE FROM ShareLinks WHERE {_OF_APP} AND expires <= ?", (*key, tx.now))
    ((held,),) = tx.execute(f"SELECT count(*) FROM ShareLinks WHERE {_OF_APP}", key)
    if held >= limit:
        raise LimitReached(
            f"{app.app_slug} has {held} share links, and may have {limit}: take some back.",
            limit="links_per_app",
            value=limit,
        )
    (row,) = tx.execute(
        f"INSERT INTO ShareLinks ({_COLUMNS}, tokenHash) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (link_id, *key, user_id, tx.now, tx.later(valid_s), token_hash),
    )
    return _link(row)


def find_link(tx: Tx, token_hash: str) -> ShareLink | None:
    """Return the link with that secret, if its time isn't over."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM ShareLinks WHERE tokenHash = ? AND expires > ?", (token_hash, tx.now)
    )
    return _link(rows[0]) if rows else None


def list_links(
    tx: Tx, app: AppState, *, after: tuple[str, str] = ("", ""), limit: int
) -> tuple[ShareLink, ...]:
    """Return links into *app* behind the sort keys *after* (created, id), oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM ShareLinks WHERE {_OF_APP} AND (created, linkId) > (?, ?)"
        " ORDER BY created, linkId LIMIT ?",
        (app.user_slug, app.app_slug, *after, limit),
    )
    return tuple(map(_link, rows))


def remove_link(tx: Tx, app: AppState, link_id: str) -> None:
    """Take a link back.

    Raises:
        NotFound: the app has none such.
    """
    rows = tx.execute(
        f"DELETE FROM ShareLinks WHERE {_OF_APP} AND linkId = ? RETURNING 1",
        (app.user_slug, app.app_slug, link_id),
    )
    if not rows:
        raise NotFound(f"{app.app_slug} has no share link {link_id[:100]!r}.")


def _link(row: Row) -> ShareLink:
    link_id, user_slug, app_slug, user_id, created, expires = row
    return ShareLink(link_id, UserSlug(user_slug), AppSlug(app_slug), UserId(user_id), created, expires)
