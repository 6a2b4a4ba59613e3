"""Errors that an app's page met: the page's boot script posts what it shows to its own host, owner and editors read it.

Whoever posts may be anybody who can open the app. So each error is kept once and short, of each app the last few, and
how often one is taken is bounded: by client, by app, and for all together. The answer is the same whether it was kept
or not, and whether there is such an app.
"""

import hashlib

import msgspec

from vibes_trio.browsers import is_same_page
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, TooLarge
from vibes_trio.exchange import AppSlug, FsId, HttpIncoming, Reply, UserSlug
from vibes_trio.services.access import admit
from vibes_trio.services.app_log import note_page_error
from vibes_trio.services.replies import Asked
from vibes_trio.services.visibility import cookies_of, find_visible
from vibes_trio.storage import page_errors
from vibes_trio.storage.app_log import NewEntry
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.urls import EntryPoint
from vibes_trio.wire.page_errors import (
    PageError,
    ReqClearPageErrors,
    ReqListPageErrors,
    ResClearPageErrors,
    ResListPageErrors,
    ToldError,
)

TAKEN = Reply(204, (("cache-control", "no-store"),))
_decoder = msgspec.json.Decoder(ToldError)


async def take_page_error(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    """Keep what a page tells of itself, if it may be kept.

    Raises:
        BadRequest: it is no such thing, or a page of another origin posts it.
        TooLarge: it is too long.
    """
    host = incoming.host_name
    assert host is not None
    assert host.app is not None
    assert host.user is not None
    told = _read(ctx.app, incoming)
    entry = EntryPoint(host.app, host.user, FsId(told.fs_id), "/")
    if ctx.app.config.page_errors == "on" and _may_tell(ctx.app, incoming.client):
        asked = Asked(False, {}, "/", entry, cookies=cookies_of(incoming))
        # What isn't there counts for nobody else: made-up names would take the room of apps that are.
        if await find_visible(ctx.app, asked, entry) is not None and _may_keep(ctx.app, host.app, host.user):
            await ctx.app.db.write(_note, ctx.app, entry, told)
    return TAKEN


def _read(app: App, incoming: HttpIncoming) -> ToldError:
    most = app.config.limits.page_error_bytes
    if len(incoming.body) > most:
        raise TooLarge(f"An error has at most {most} bytes.", limit="page_error_bytes", value=most)
    if not is_same_page(incoming.headers, incoming.host):
        raise BadRequest("Only an app's own page tells of its errors.")
    try:
        return _decoder.decode(incoming.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"This is no error of a page: {error}.") from error


def _may_tell(app: App, client: str) -> bool:
    """Return whether *client* may tell of one more now."""
    return app.told_errors.by_client.take(client, app.now())


def _may_keep(app: App, app_slug: AppSlug, user_slug: UserSlug) -> bool:
    """Return whether one more of that app is kept now."""
    now, allowed = app.now(), app.told_errors
    return allowed.by_app.take(f"{app_slug}--{user_slug}", now) and allowed.by_all.take("", now)


def _note(tx: Tx, app: App, entry: EntryPoint, told: ToldError) -> None:
    state = find_app(tx, entry.app, entry.user)
    if state is None:
        return  # deleted just now
    message, file = _plain(told.message), _plain(told.file)
    # What differs in the release alone is the same error: who looks wants to know whether it is still there.
    key = hashlib.sha256(f"{file}\0{told.line}\0{message}".encode()).hexdigest()[:32]
    error = page_errors.PageError(
        error_key=key, fs_id=FsId(told.fs_id), message=message, file=file, line=told.line
    )
    if page_errors.note_error(tx, state, error, keep=app.config.limits.page_errors_kept):
        note_page_error(tx, app, (entry.app, entry.user), _in_log(error))


def _in_log(error: page_errors.PageError) -> NewEntry:
    where = f" ({error.file}:{error.line})" if error.file else ""
    return NewEntry(kind="page-error", fs_id=error.fs_id, words=f"{error.message}{where}")


def _plain(text: str) -> str:
    """Return *text* without what is no text: controls but the end of a line, halves of pairs."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text).strip()


async def list_page_errors(ctx: Ctx, req: ReqListPageErrors) -> ResListPageErrors:
    """Return the errors that an app's page met.

    Raises:
        NotFound, NotOwner: see `access.admit`.
    """
    found = await ctx.app.db.read(_list, ctx, req)
    items = tuple(
        PageError(
            fs_id=one.fs_id,
            message=one.message,
            file=one.file,
            line=one.line,
            count=one.count,
            first=one.first,
            last=one.last,
        )
        for one in found
    )
    return ResListPageErrors(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        items=items,
        told=ctx.app.config.page_errors == "on",
    )


async def clear_page_errors(ctx: Ctx, req: ReqClearPageErrors) -> ResClearPageErrors:
    """Forget the errors that an app's page met.

    Raises:
        NotFound, NotOwner: see `access.admit`.
    """
    cleared = await ctx.app.db.write(_clear, ctx, req)
    return ResClearPageErrors(app_slug=req.app_slug, owner_handle=req.owner_handle, cleared=cleared)


def _list(tx: Tx, ctx: Ctx, req: ReqListPageErrors) -> tuple[page_errors.PageError, ...]:
    return page_errors.list_errors(tx, admit(tx, ctx, req).app)


def _clear(tx: Tx, ctx: Ctx, req: ReqClearPageErrors) -> int:
    return page_errors.clear_errors(tx, admit(tx, ctx, req).app)
