"""Names under which users publish. A user slug has one owner; an app slug lives inside a user slug."""

from collections.abc import Callable
from typing import Literal

from vibes_trio.errors import NoSuchSlugLeft, SlugTaken
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.usage import limit_reached

LimitName = Literal["MAX_USER_SLUG_PER_USER_ID", "MAX_APP_SLUG_PER_USER_ID"]


def bind_user_slug(
    tx: Tx, user_id: UserId, wanted: UserSlug | None, *, limit: int, attempts: int, words: Callable[[], str]
) -> UserSlug:
    """Return the slug *user_id* publishes under: *wanted*, or a new one made of *words*.

    Args:
        limit: most user slugs of one user (MAX_USER_SLUG_PER_USER_ID). One that he holds is always fine.
        attempts: how many random slugs are tried.

    Raises:
        SlugTaken: *wanted* belongs to another user. (The reference reports success here.)
        LimitReached: a new one is needed and the user holds *limit* of them.
        NoSuchSlugLeft: all random slugs that were tried are taken.

    Source: protocol.md, section 4, ensureAppSlug.
    """
    if wanted is not None:
        owner, deletion = _find_binding(tx, wanted)
        if owner == user_id and not deletion:
            return wanted
        if owner not in (None, user_id):
            raise SlugTaken(
                f"The user slug {wanted} belongs to someone else. Choose another.", userSlug=wanted
            )
    _check_limit(
        tx.execute("SELECT count(*) FROM UserSlugBindings WHERE userId = ? AND deletion = ''", (user_id,))[0][
            0
        ],
        limit,
        "MAX_USER_SLUG_PER_USER_ID",
    )
    slug = wanted or UserSlug(
        _free_slug(words, attempts, lambda slug: find_slug_owner(tx, UserSlug(slug)) is None)
    )
    tx.execute(
        "INSERT INTO UserSlugBindings (userId, userSlug, created) VALUES (?, ?, ?)"
        " ON CONFLICT (userSlug) DO UPDATE SET deletion = ''",
        (user_id, slug, tx.now),
    )
    return slug


def bind_app_slug(
    tx: Tx,
    user_id: UserId,
    user_slug: UserSlug,
    wanted: AppSlug | None,
    *,
    limit: int,
    attempts: int,
    words: Callable[[], str],
) -> AppSlug:
    """Return the app slug within *user_slug*: *wanted*, or a new one made of *words*.

    Args:
        user_slug: one that *user_id* holds, see `bind_user_slug`.
        limit: most app slugs of one user over all his user slugs (MAX_APP_SLUG_PER_USER_ID). One that is
            bound already is always fine.

    Raises:
        SlugTaken: *user_slug* is not the user's.
        LimitReached: a new one is needed and the user holds *limit* of them.
        NoSuchSlugLeft: all random slugs that were tried are taken.
    """
    if find_slug_owner(tx, user_slug) != user_id:
        raise SlugTaken(f"The user slug {user_slug} is not yours. Choose another.", userSlug=user_slug)
    if wanted is not None and _is_there(tx, user_slug, wanted):
        return wanted
    _check_limit(
        tx.execute(
            "SELECT count(*) FROM AppSlugBindings AS a JOIN UserSlugBindings AS b USING (userSlug)"
            " WHERE b.userId = ? AND a.deletion = ''",
            (user_id,),
        )[0][0],
        limit,
        "MAX_APP_SLUG_PER_USER_ID",
    )
    slug = wanted or AppSlug(_free_slug(words, attempts, lambda slug: is_free(tx, user_slug, AppSlug(slug))))
    # What was called so leads here no more.
    tx.execute("DELETE FROM Renames WHERE userSlug = ? AND appSlug = ?", (user_slug, slug))
    tx.execute(
        "INSERT INTO AppSlugBindings (userSlug, appSlug, created, userId, updated) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (appSlug, userSlug) DO UPDATE SET deletion = '', unpublished = '', pinned = ''",
        (user_slug, slug, tx.now, user_id, tx.now),
    )
    return slug


def find_slug_owner(tx: Tx, user_slug: UserSlug) -> UserId | None:
    """Return whose *user_slug* is."""
    rows = tx.execute("SELECT userId FROM UserSlugBindings WHERE userSlug = ?", (user_slug,))
    return UserId(rows[0][0]) if rows else None


def _find_binding(tx: Tx, user_slug: UserSlug) -> tuple[UserId | None, str]:
    """Return whose *user_slug* is, and the deletion that it waits in."""
    rows = tx.execute("SELECT userId, deletion FROM UserSlugBindings WHERE userSlug = ?", (user_slug,))
    return rows[0] if rows else (None, "")


def _is_there(tx: Tx, user_slug: UserSlug, app_slug: AppSlug) -> bool:
    return bool(
        tx.execute(
            "SELECT 1 FROM AppSlugBindings WHERE appSlug = ? AND userSlug = ? AND deletion = ''",
            (app_slug, user_slug),
        )
    )


def is_free(tx: Tx, user_slug: UserSlug, app_slug: AppSlug) -> bool:
    """Return whether no app is called so under *user_slug*, nor one that was deleted and can be had back."""
    return not (
        tx.execute("SELECT 1 FROM AppSlugBindings WHERE appSlug = ? AND userSlug = ?", (app_slug, user_slug))
    )


def check_free(tx: Tx, user_slug: UserSlug, wanted: AppSlug) -> None:
    """Make sure that *wanted* is free, see `is_free`.

    Raises:
        SlugTaken: it isn't.
    """
    if not is_free(tx, user_slug, wanted):
        raise SlugTaken(
            f"{user_slug} has an app {wanted} already, or one that was deleted and can be had back. Choose another.",
            appSlug=wanted,
        )


def _check_limit(held: int, limit: int, name: LimitName) -> None:
    if held >= limit:
        kind = "user" if name == "MAX_USER_SLUG_PER_USER_ID" else "app"
        raise limit_reached(f"You hold {held} {kind} slugs", name, limit, "Use one of yours. ")


def _free_slug(words: Callable[[], str], attempts: int, is_free: Callable[[str], bool]) -> str:
    for _ in range(attempts):
        slug = words()
        if is_free(slug):
            return slug
    raise NoSuchSlugLeft(f"{attempts} random slugs were tried and all are taken. Try again, or name a slug.")
