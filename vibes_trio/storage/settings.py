"""What users set for themselves, and for their apps: JSON that `services` knows the shape of."""

import msgspec

from vibes_trio.exchange import UserId
from vibes_trio.storage.app_states import AppState, Visibility, touch_app
from vibes_trio.storage.apps import count_change
from vibes_trio.storage.feed import Settings
from vibes_trio.storage.interface import Tx


class UserSettings(msgspec.Struct, frozen=True):
    """What a user has set; times are ISO, empty: never."""

    settings_json: str = "[]"
    created: str = ""
    updated: str = ""


def get_user_settings(tx: Tx, user_id: UserId) -> UserSettings:
    """Return what *user_id* has set."""
    rows = tx.execute("SELECT settings, created, updated FROM UserSettings WHERE userId = ?", (user_id,))
    return UserSettings(*rows[0]) if rows else UserSettings()


def put_user_settings(tx: Tx, user_id: UserId, settings_json: str) -> UserSettings:
    """Replace all that *user_id* has set; return it."""
    (row,) = tx.execute(
        "INSERT INTO UserSettings (userId, settings, created, updated) VALUES (?, ?, ?, ?) ON CONFLICT (userId)"
        " DO UPDATE SET settings = excluded.settings, updated = excluded.updated RETURNING settings, created, updated",
        (user_id, settings_json, tx.now, tx.now),
    )
    tx.tell(Settings(user_id))
    return UserSettings(*row)


class AppChange(msgspec.Struct, frozen=True):
    """What an app's owner sets of it."""

    title: str
    icon_json: str
    settings_json: str
    visibility: Visibility


def change_app(tx: Tx, app: AppState, change: AppChange) -> None:
    """Replace what is set of *app*: whoever keeps its pages in memory hears of it."""
    tx.execute(
        "UPDATE AppSlugBindings SET title = ?, icon = ?, settings = ?, visibility = ?"
        " WHERE appSlug = ? AND userSlug = ?",
        (
            change.title,
            change.icon_json,
            change.settings_json,
            change.visibility,
            app.app_slug,
            app.user_slug,
        ),
    )
    touch_app(tx, app.app_slug, app.user_slug)
    count_change(tx, {(app.app_slug, app.user_slug, app.user_id)})
