"""Apps that get another slug. The old one leads to the new one until something else is called so."""

from vibes_trio.errors import TooLarge
from vibes_trio.exchange import AppSlug, UserSlug
from vibes_trio.storage.app_states import AppState, touch_app
from vibes_trio.storage.apps import count_change
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.slugs import check_free

FOLLOWS = ("AppInvites", "AccessRequests", "ChatContexts", "ShareLinks", "PageErrors", "AppEntries")
"""Tables whose rows name an app, and nothing else leads there."""


def rename_app(tx: Tx, app: AppState, new: AppSlug, *, max_rows: int, old_names: int) -> None:
    """Call *app* *new* from now on.

    Args:
        max_rows: most rows of its releases, and of what they name, that are written at once.
        old_names: of the names that it had before so many still lead to it.

    Raises:
        SlugTaken: another app of its owner's is called so, or was and can be had back.
        TooLarge: it has too many releases.
    """
    old = app.app_slug
    if new == old:
        return
    check_free(tx, app.user_slug, new)
    _check_rows(tx, app, max_rows)
    key = (new, old, app.user_slug)
    tx.execute("UPDATE AppSlugBindings SET appSlug = ? WHERE appSlug = ? AND userSlug = ?", key)
    tx.execute("UPDATE Apps SET appSlug = ? WHERE appSlug = ? AND userSlug = ?", key)
    for table in FOLLOWS:
        tx.execute(
            f"UPDATE {table} SET appSlug = ? WHERE appSlug = ? AND userSlug = ? AND appSlug <> ''", key
        )
    # By its owner's, as their index goes by these.
    tx.execute(
        "UPDATE Deletions SET appSlug = ? WHERE appSlug = ? AND userSlug = ? AND userId = ?",
        (*key, app.user_id),
    )
    _redirect(tx, app, new, old_names)
    touch_app(tx, new, app.user_slug)
    count_change(tx, {(name, app.user_slug, app.user_id) for name in (old, new)})


def find_new_name(tx: Tx, app_slug: AppSlug, user_slug: UserSlug) -> AppSlug | None:
    """Return what the app is called now that was called *app_slug*, if nothing else is and anybody may see it."""
    rows = tx.execute(
        "SELECT newAppSlug FROM Renames AS r WHERE userSlug = ? AND appSlug = ? AND EXISTS (SELECT 1 FROM"
        " AppSlugBindings AS s WHERE s.appSlug = r.newAppSlug AND s.userSlug = r.userSlug AND s.deletion = ''"
        " AND s.visibility <> 'private')",
        (user_slug, app_slug),
    )
    return AppSlug(rows[0][0]) if rows else None


def _check_rows(tx: Tx, app: AppState, max_rows: int) -> None:
    ((rows,),) = tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM ReleaseAssets WHERE appSlug = ? AND userId = ? AND userSlug = ? LIMIT ?)"
        " AS r",
        (app.app_slug, app.user_id, app.user_slug, max_rows + 1),
    )
    if rows > max_rows:
        raise TooLarge(
            f"{app.app_slug} has more releases and files than can be renamed at once: delete older releases first.",
            limit="rename_rows",
            value=max_rows,
        )


def _redirect(tx: Tx, app: AppState, new: AppSlug, old_names: int) -> None:
    slug = app.user_slug
    tx.execute("DELETE FROM Renames WHERE userSlug = ? AND appSlug = ?", (slug, new))
    tx.execute(
        "UPDATE Renames SET newAppSlug = ? WHERE userSlug = ? AND newAppSlug = ?", (new, slug, app.app_slug)
    )
    tx.execute(
        "INSERT INTO Renames (userSlug, appSlug, newAppSlug, created) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (userSlug, appSlug) DO UPDATE SET newAppSlug = excluded.newAppSlug, created = excluded.created",
        (slug, app.app_slug, new, tx.now),
    )
    tx.execute(
        "DELETE FROM Renames WHERE userSlug = ? AND appSlug IN (SELECT appSlug FROM Renames WHERE userSlug = ?"
        " AND newAppSlug = ? ORDER BY created DESC, appSlug LIMIT ? OFFSET ?)",
        (slug, slug, new, max(old_names, 1), old_names),
    )
