"""What went wrong on apps' pages: each error once, with how often; of each app the last few."""

from dataclasses import dataclass

from vibes_trio.exchange import FsId
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PageError:
    """An error. *error_key* tells it from others of the app; *first* and *last* are when, ISO, *count* how often."""

    error_key: str
    fs_id: FsId
    message: str
    file: str
    line: int
    count: int = 1
    first: str = ""
    last: str = ""


_OF_APP = "userSlug = ? AND appSlug = ?"


def note_error(tx: Tx, app: AppState, error: PageError, *, keep: int) -> bool:
    """Count *error*, which was met now. Of the app the last *keep* are kept. True: it is one that was not."""
    key = (app.user_slug, app.app_slug)
    ((count,),) = tx.execute(
        "INSERT INTO PageErrors (userSlug, appSlug, errorKey, fsId, message, file, line, count, first, last)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (userSlug, appSlug, errorKey) DO UPDATE SET"
        " count = PageErrors.count + 1, last = excluded.last, fsId = excluded.fsId RETURNING count",
        (*key, error.error_key, error.fs_id, error.message, error.file, error.line, tx.now, tx.now),
    )
    tx.execute(
        f"DELETE FROM PageErrors WHERE {_OF_APP} AND errorKey IN (SELECT errorKey FROM PageErrors WHERE {_OF_APP}"
        " ORDER BY last DESC, errorKey LIMIT 1000 OFFSET ?)",
        (*key, *key, keep),
    )
    return bool(count == 1)


def list_errors(tx: Tx, app: AppState) -> tuple[PageError, ...]:
    """Return the errors of *app*'s pages, the last one first."""
    rows = tx.execute(
        "SELECT errorKey, fsId, message, file, line, count, first, last FROM PageErrors"
        f" WHERE {_OF_APP} ORDER BY last DESC, errorKey",
        (app.user_slug, app.app_slug),
    )
    return tuple(
        PageError(
            error_key=key,
            fs_id=FsId(fs_id),
            message=message,
            file=file,
            line=line,
            count=count,
            first=first,
            last=last,
        )
        for key, fs_id, message, file, line, count, first, last in rows
    )


def count_errors(tx: Tx, app: AppState) -> int:
    """Return how many errors of *app*'s pages are kept."""
    ((count,),) = tx.execute(
        f"SELECT count(*) FROM PageErrors WHERE {_OF_APP}", (app.user_slug, app.app_slug)
    )
    return int(count)


def clear_errors(tx: Tx, app: AppState) -> int:
    """Forget the errors of *app*'s pages; return how many there were."""
    return len(
        tx.execute(f"DELETE FROM PageErrors WHERE {_OF_APP} RETURNING 1", (app.user_slug, app.app_slug))
    )
