"""What is done with an app's versions: show one, take the app down, read one, tell two apart."""

import base64
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
import trio
from msgspec import UnsetType

from vibes_trio.bundle.marks import BUILT
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, NotFound
from vibes_trio.exchange import AppSlug, Cid, FsId, UserSlug
from vibes_trio.services.access import Admitted, admit, hides_from
from vibes_trio.services.app_log import note, of_release, published
from vibes_trio.services.releases import read_env, read_extras
from vibes_trio.services.stored_settings import RemixOf, keep_access, read_settings
from vibes_trio.storage import assets, versions
from vibes_trio.storage.app_log import Kind, NewEntry
from vibes_trio.storage.app_states import AppState
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import Release
from vibes_trio.wire.access import Relation
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.files import FileSystemItem, read_items
from vibes_trio.wire.names import AppRequest
from vibes_trio.wire.restrictions import read_access
from vibes_trio.wire.versions import (
    FilePiece,
    Grant,
    MetaRemixOf,
    MetaTitle,
    ReqCompareReleases,
    ReqGetAppByFsid,
    ReqGetReleaseFiles,
    ReqPublishApp,
    ReqSetModeFs,
    ReqSetUnpublish,
    ResCompareReleases,
    ResGetAppByFsid,
    ResGetReleaseFiles,
    ResPublishApp,
    ResSetModeFs,
    ResSetUnpublish,
)

GRANTS: dict[Relation, Grant] = {
    Relation.OWNER: "owner",
    Relation.EDITOR: "granted-access.editor",
    Relation.VIEWER: "granted-access.viewer",
    Relation.SIGNED_IN: "public-access",
    Relation.ANYONE: "public-access",
}
_Count = Annotated[int, msgspec.Meta(ge=0)]


# -- what is shown ----------------------------------------------------------------------------------------


async def publish_app(ctx: Ctx, req: ReqPublishApp) -> ResPublishApp:
    """Show a release at the app's address. An app that its owner took down stays so, unless they ask.

    Raises:
        NotFound, NotOwner: see `access.admit`; or there is no such release.
    """
    app, done = await ctx.app.db.write(_publish, ctx, req)
    release = done.release
    return ResPublishApp(
        app_slug=app.app_slug,
        owner_handle=app.user_slug,
        fs_id=release.fs_id,
        release_seq=release.release_seq,
        mode=release.mode,
        published=done.is_new,
    )


async def set_mode_fs(ctx: Ctx, req: ReqSetModeFs) -> ResSetModeFs:
    """Give a release another mode.

    Raises:
        NotFound, NotOwner: as `publish_app`.
    """
    release = await ctx.app.db.write(_set_mode, ctx, req)
    return ResSetModeFs(
        app_slug=release.app_slug, owner_handle=release.user_slug, fs_id=release.fs_id, mode=release.mode
    )


async def set_unpublish(ctx: Ctx, req: ReqSetUnpublish) -> ResSetUnpublish:
    """Take an app down, or put it back.

    Raises:
        NotFound, NotOwner: see `access.admit`.
    """
    app, since = await ctx.app.db.write(_set_unpublish, ctx, req)
    return ResSetUnpublish(
        app_slug=app.app_slug,
        owner_handle=app.user_slug,
        unpublished_at=since,
        previous_unpublished_at=app.unpublished,
    )


def _publish(tx: Tx, ctx: Ctx, req: ReqPublishApp) -> tuple[AppState, versions.Published]:
    found = admit(tx, ctx, req)
    app, is_owner = found.app, found.relation is Relation.OWNER
    keep_access(tx, app, read_access(req), is_owner=is_owner)
    fs_id = FsId(req.fs_id) if req.fs_id else None
    there = versions.find_version(tx, app, fs_id)
    done = versions.publish_version(tx, app, fs_id, puts_back=is_owner)
    if done.is_new and there is not None:
        note(tx, ctx.app, _name(app), published(done.release, ctx.asker.user_id, there.release_seq))
    return app, done


def _set_mode(tx: Tx, ctx: Ctx, req: ReqSetModeFs) -> Release:
    app = admit(tx, ctx, req).app
    release = versions.set_mode(tx, app, FsId(req.fs_id), req.mode)
    note(tx, ctx.app, _name(app), of_release("mode-set", release, ctx.asker.user_id))
    return release


def _set_unpublish(tx: Tx, ctx: Ctx, req: ReqSetUnpublish) -> tuple[AppState, str]:
    app = admit(tx, ctx, req).app
    since = versions.set_unpublished(tx, app, on=req.unpublish)
    if bool(app.unpublished) != req.unpublish:
        kind: Kind = "unpublished" if req.unpublish else "published"
        note(tx, ctx.app, _name(app), NewEntry(kind=kind, by=ctx.asker.user_id))
    return app, since


def _name(app: AppState) -> tuple[AppSlug, UserSlug]:
    return app.app_slug, app.user_slug


# -- reading ----------------------------------------------------------------------------------------------


class Read(msgspec.Struct, frozen=True):
    """A release, as far as who asks may read it. *source*: what its app was made from."""

    admitted: Admitted
    release: Release
    message: str
    published_seq: int | None
    source: RemixOf | UnsetType


async def get_app_by_fsid(ctx: Ctx, req: ReqGetAppByFsid) -> ResGetAppByFsid:
    """Return a release's manifest. What is not there, or not for who asks, is said in the answer.

    Raises:
        BadRequest: a slug that can't be one.
    """
    try:
        read = await ctx.app.db.read(
            read_release, ctx, req, req.fs_id, newest=req.select_mode == "ownerLatest"
        )
    except NotFound:
        return _nothing(req)
    release, deploys = read.release, read.admitted.relation >= Relation.EDITOR
    app = read.admitted.app
    return ResGetAppByFsid(
        app_slug=release.app_slug,
        owner_handle=release.user_slug,
        fs_id=release.fs_id,
        mode=release.mode,
        grant=GRANTS[read.admitted.relation],
        release_seq=release.release_seq,
        has_production=read.published_seq is not None,
        env=read_env(release.env_json) if deploys else {},
        file_system=read_items(release.file_system_json),
        meta=_meta(app, read.source),
        created=release.created,
        message=read.message if deploys else "",
    )


async def get_release_files(ctx: Ctx, req: ReqGetReleaseFiles) -> ResGetReleaseFiles:
    """Return files of a release, as many as fit into one answer.

    Raises:
        BadRequest: a slug that can't be one, a cursor of another list, or a name that the release has not.
        NotFound: there is no such app or release, or not for who asks.
    """
    release = (await ctx.app.db.read(read_release, ctx, req, req.fs_id)).release
    items = _named(sources_of(release), req.names)
    first, offset = read_cursor(req.cursor, release.fs_id, tuple[_Count, _Count]) if req.cursor else (0, 0)
    extras = read_extras(release.extras_json)
    entry_point = extras.entry_point if extras is not None else ""
    pieces, room, index = [], ctx.app.config.limits.file_page_bytes, first
    while index < len(items) and room > 0:
        item = items[index]
        content = await _read_content(ctx.app, item)
        part = content[offset : offset + room]
        pieces.append(
            FilePiece(
                file_name=item.file_name,
                mime_type=item.mime_type,
                size=len(content),
                offset=offset,
                data=base64.b64encode(part).decode(),
                entry_point=item.file_name == entry_point,
            )
        )
        room -= len(part) + _PIECE_BYTES
        index, offset = (index + 1, 0) if offset + len(part) >= len(content) else (index, offset + len(part))
    return ResGetReleaseFiles(
        app_slug=release.app_slug,
        owner_handle=release.user_slug,
        fs_id=release.fs_id,
        files=tuple(pieces),
        next_cursor=write_cursor(release.fs_id, index, offset) if index < len(items) else "",
    )


_PIECE_BYTES = 512
"""What a piece takes beside its data."""


async def compare_releases(ctx: Ctx, req: ReqCompareReleases) -> ResCompareReleases:
    """Return which files differ between two releases.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound: there is no such app or release, or not for who asks.
    """
    old = (await ctx.app.db.read(read_release, ctx, req, req.from_fs_id)).release
    new = (await ctx.app.db.read(read_release, ctx, req, req.to_fs_id, newest=True)).release
    before, after = ({item.file_name: item.asset_id for item in sources_of(one)} for one in (old, new))
    return ResCompareReleases(
        app_slug=new.app_slug,
        owner_handle=new.user_slug,
        from_fs_id=old.fs_id,
        to_fs_id=new.fs_id,
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed=tuple(name for name in after if before.get(name, after[name]) != after[name]),
    )


def sources_of(release: Release) -> tuple[FileSystemItem, ...]:
    """Return the files of *release* as they were deployed, without what was made of them."""
    return tuple(_sources(read_items(release.file_system_json)))


def _sources(items: Sequence[FileSystemItem]) -> Iterator[FileSystemItem]:
    for item in items:
        kind = "" if isinstance(item.transform, UnsetType) else item.transform.type
        if kind in ("", "jsx-to-js", "imports") and not item.file_name.startswith((BUILT, "/~~")):
            yield item


def _named(items: tuple[FileSystemItem, ...], names: Sequence[str]) -> tuple[FileSystemItem, ...]:
    if not names:
        return items
    known = {item.file_name: item for item in items}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise BadRequest(f"names: the release has no file {unknown[:100]!r}.")
    return tuple(known[name] for name in names)


async def _read_content(app: App, item: FileSystemItem) -> bytes:
    cid = Cid(item.asset_id)

    async def read() -> bytes:
        content = await app.db.read(assets.find_asset, cid)
        if content is None:
            raise NotFound(f"File not found {item.file_name}")
        return content

    await trio.lowlevel.checkpoint()
    return await app.assets.get_or_make(cid, read)


def read_release(tx: Tx, ctx: Ctx, req: AppRequest[Any], fs_id: str, *, newest: bool = False) -> Read:
    """Return the release *fs_id*; empty: the newest, if who asks may deploy and wants it, else what is shown.

    Who may deploy gets the newest as well where nothing was ever shown.
    """
    admitted = admit(tx, ctx, req)
    app, deploys = admitted.app, admitted.relation >= Relation.EDITOR
    seq = versions.find_published_seq(tx, app)
    if fs_id:
        release = versions.find_version(tx, app, FsId(fs_id))
    elif deploys and (newest or seq is None):
        release = versions.find_version(tx, app, None)
    else:
        release = versions.find_version(tx, app, None, published_only=True) if seq is not None else None
    if release is None:
        raise NotFound(f"{app.app_slug}--{app.user_slug} has no such release.")
    source = read_settings(app).remix_of
    if not isinstance(source, UnsetType) and not deploys:
        name = (AppSlug(source.src_app_slug), UserSlug(source.src_owner_handle))
        source = msgspec.UNSET if hides_from(tx, name, ctx.user_id) else source
    return Read(admitted, release, versions.get_message(tx, release), seq, source)


def _meta(app: AppState, source: RemixOf | UnsetType) -> tuple[MetaTitle | MetaRemixOf, ...]:
    titles = (MetaTitle(title=app.title),) if app.title else ()
    if isinstance(source, UnsetType):
        return titles
    made_from = MetaRemixOf(
        src_fs_id=source.src_fs_id,
        src_owner_handle=source.src_owner_handle,
        src_app_slug=source.src_app_slug,
    )
    return *titles, made_from


def _nothing(req: ReqGetAppByFsid) -> ResGetAppByFsid:
    return ResGetAppByFsid(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        error="app-not-found",
        mode="dev",
        grant="not-found",
        release_seq=-1,
        env={},
        file_system=(),
        meta=(),
        created="",
    )
