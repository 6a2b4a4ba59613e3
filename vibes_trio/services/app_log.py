"""What happens to an app, noted by what does it, in its transaction; `app_log_reads` tells it to whom may deploy it.

What else is to be told is a kind of its own in `wire.app_log.LogKind`, noted by `note`.
"""

import logging

from vibes_trio.config import Limits
from vibes_trio.context import App, Ctx
from vibes_trio.errors import Overloaded, VibesError
from vibes_trio.exchange import AppSlug, UserId, UserSlug
from vibes_trio.services.access import relation_if_there
from vibes_trio.storage.app_log import Kept, Kind, NewEntry, add_entry, count_entries
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import Release
from vibes_trio.wire.access import Relation

log = logging.getLogger(__name__)
AppName = tuple[AppSlug, UserSlug]


def kept(limits: Limits) -> Kept:
    """Return how much is kept of an app."""
    return Kept(limits.log_entries, limits.log_s, limits.log_chars)


def note(tx: Tx, app: App, name: AppName, entry: NewEntry) -> None:
    """Note what is done to an app in this transaction."""
    add_entry(tx, name, entry, kept(app.config.limits))


def note_page_error(tx: Tx, app: App, name: AppName, entry: NewEntry) -> None:
    """Note an error that an app's page met, of each release the first few: whoever opens the app could fill the log."""
    if count_entries(tx, name, entry.kind, entry.fs_id) < app.config.limits.log_errors:
        note(tx, app, name, entry)


def deployed(release: Release, by: UserId, words: str) -> NewEntry:
    """Return what to note of a deploy."""
    return of_release("deployed", release, by, words)


def published(release: Release, by: UserId, before: int | None) -> NewEntry:
    """Return what to note of a release that is shown; *before*: the number that it had until then."""
    words = f"was v{before}" if before not in (None, release.release_seq) else ""
    return of_release("published", release, by, words)


def of_release(kind: Kind, release: Release, by: UserId, words: str = "") -> NewEntry:
    """Return what to note of what was done to a release."""
    return NewEntry(
        kind=kind,
        by=by,
        fs_id=release.fs_id,
        release_seq=release.release_seq,
        mode=release.mode,
        words=words,
    )


def note_refused(ctx: Ctx, name: AppName, error: VibesError) -> None:
    """Note, behind the answer, that a deploy was refused. Of an app that is there, to whom may deploy it."""
    entry = NewEntry(kind="refused", by=ctx.asker.user_id, code=error.code, words=error.message)
    try:
        ctx.app.db.submit(_note_refused, ctx, name, entry)
    except Overloaded:
        log.debug("a refused deploy was not noted: too much waits")


def _note_refused(tx: Tx, ctx: Ctx, name: AppName, entry: NewEntry) -> None:
    app = find_app(tx, *name)
    relation = relation_if_there(tx, name, app, ctx.user_id)  # however long that takes, it takes it for all
    if app is not None and relation >= Relation.EDITOR:
        note(tx, ctx.app, name, entry)
