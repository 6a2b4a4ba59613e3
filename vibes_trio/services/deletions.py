"""Deleting: a release, an app, a handle; told before, and to be had back for a while."""

import secrets
from typing import Any

import base58
import msgspec

from vibes_trio.content.slugs import own_names, parse_user_slug
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, NotFound
from vibes_trio.exchange import FsId, UserSlug
from vibes_trio.services.access import admit
from vibes_trio.services.app_list import clamp
from vibes_trio.services.app_log import kept, note
from vibes_trio.storage import deletions, handles, versions
from vibes_trio.storage.app_log import Kind, NewEntry, add_to_all
from vibes_trio.storage.deletions import Deletion, Size, What
from vibes_trio.storage.interface import Tx
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.deletions import (
    ListedDeletion,
    ReqDeleteApp,
    ReqDeleteRelease,
    ReqDeleteUserSlugBinding,
    ReqListDeletions,
    ReqUndoDeletion,
    ResDeleteApp,
    ResDeleteRelease,
    ResDeleteUserSlugBinding,
    ResListDeletions,
    ResUndoDeletion,
)

DELETION_ID_BYTES = 12


class Outcome(msgspec.Struct, frozen=True):
    """What goes, or went: then there is the *deletion*."""

    what: What
    size: Size
    deletion: Deletion | None
    shown_fs_id: str = ""

    @property
    def members(self) -> dict[str, Any]:
        """What `wire.deletions.Gone` tells of it."""
        done = self.deletion
        return {
            "owner_handle": self.what.user_slug,
            "deleted": done is not None,
            "apps": self.size.apps,
            "releases": self.size.releases,
            "bytes": self.size.bytes,
            "deletion_id": done.deletion_id if done is not None else "",
            "undo_until": done.expires if done is not None else "",
        }


async def delete_release(ctx: Ctx, req: ReqDeleteRelease) -> ResDeleteRelease:
    """Delete a release of an app.

    Raises:
        NotFound, NotOwner: see `access.admit`; or there is no such release.
    """
    gone = await _run(ctx, _delete_release, req, dry_run=req.dry_run)
    return ResDeleteRelease(
        app_slug=gone.what.app_slug or "",
        fs_id=req.fs_id,
        shown_fs_id=gone.shown_fs_id,
        **gone.members,
    )


async def delete_app(ctx: Ctx, req: ReqDeleteApp) -> ResDeleteApp:
    """Delete an app with all its releases.

    Raises:
        NotFound, NotOwner: see `access.admit`.
    """
    gone = await _run(ctx, _delete_app, req, dry_run=req.dry_run)
    return ResDeleteApp(app_slug=gone.what.app_slug or "", **gone.members)


async def delete_handle(ctx: Ctx, req: ReqDeleteUserSlugBinding) -> ResDeleteUserSlugBinding:
    """Delete a handle with all its apps.

    Raises:
        NotFound: it isn't theirs, or isn't there.
    """
    gone = await _run(ctx, _delete_handle, req, dry_run=req.dry_run)
    return ResDeleteUserSlugBinding(**gone.members)


async def undo_deletion(ctx: Ctx, req: ReqUndoDeletion) -> ResUndoDeletion:
    """Have back what was deleted.

    Raises:
        NotFound, LimitReached: see `deletions.undo`.
    """
    what, releases = await ctx.app.db.write_long(
        ctx.app.config.limits.long_write_bytes, _undo, ctx, req.deletion_id
    )
    return ResUndoDeletion(
        kind=what.kind,
        owner_handle=what.user_slug,
        app_slug=what.app_slug or "",
        fs_id=what.fs_id or "",
        releases=releases,
    )


async def list_deletions(ctx: Ctx, req: ReqListDeletions) -> ResListDeletions:
    """Return what who asks can have back.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit = clamp(req.limit, ctx)
    behind = {"after": read_cursor(req.cursor, "deletions", tuple[str, str])} if req.cursor else {}
    found = await ctx.app.db.read(deletions.list_deletions, ctx.asker.user_id, limit=limit + 1, **behind)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    return ResListDeletions(
        items=tuple(map(_told, items)),
        next_cursor=write_cursor("deletions", last.created, last.deletion_id) if last is not None else "",
    )


async def sweep_deletions(app: App) -> int:
    """Remove for good what can be had back no more, in steps; return how many releases went."""
    removed, limits = 0, app.config.limits
    while (expired := await app.db.read(deletions.find_expired)) is not None:
        gone = -1
        while gone != 0:
            gone = await app.db.write_long(
                limits.long_write_bytes, deletions.sweep_deletion, expired, limits.sweep_releases
            )
            removed += gone
    return removed


async def _run(ctx: Ctx, fn: Any, req: Any, *, dry_run: bool) -> Outcome:
    db = ctx.app.db
    if dry_run:
        outcome: Outcome = await db.read(fn, ctx, req, None)
    else:
        outcome = await db.write_long(ctx.app.config.limits.long_write_bytes, fn, ctx, req, _new_id())
    return outcome


def _new_id() -> str:
    return "d" + base58.b58encode(secrets.token_bytes(DELETION_ID_BYTES)).decode("ascii")


def _delete_release(tx: Tx, ctx: Ctx, req: ReqDeleteRelease, deletion_id: str | None) -> Outcome:
    app = admit(tx, ctx, req).app
    there = versions.find_version(tx, app, FsId(req.fs_id))
    if there is None:
        raise NotFound(f"{app.app_slug}--{app.user_slug} has no release {req.fs_id[:100]}.")
    what = What(app.user_id, app.user_slug, app.app_slug, there.fs_id)
    shown = versions.find_shown(tx, app, without=there.fs_id)
    return _go(tx, ctx, what, deletion_id, shown.fs_id if shown is not None else "")


def _delete_app(tx: Tx, ctx: Ctx, req: ReqDeleteApp, deletion_id: str | None) -> Outcome:
    app = admit(tx, ctx, req).app
    return _go(tx, ctx, What(app.user_id, app.user_slug, app.app_slug), deletion_id)


def _delete_handle(tx: Tx, ctx: Ctx, req: ReqDeleteUserSlugBinding, deletion_id: str | None) -> Outcome:
    if not req.owner_handle:
        raise BadRequest("ownerHandle: which handle is to go?")
    slug: UserSlug = parse_user_slug(req.owner_handle, own_names(ctx.app.config.hostname_base))
    user_id = ctx.asker.user_id
    if handles.find_handle(tx, user_id, slug) is None:
        raise NotFound(f"You have no handle {slug!r}.")
    return _go(tx, ctx, What(user_id, slug), deletion_id)


def _go(tx: Tx, ctx: Ctx, what: What, deletion_id: str | None, shown: str = "") -> Outcome:
    limits = ctx.app.config.limits
    size = deletions.measure(tx, what, limits.list_items)
    done = None
    if deletion_id is not None:
        _note(tx, ctx, what, "deleted")  # before it can't be found any more
        done = deletions.delete(tx, what, deletion_id, kept_s=limits.undo_s)
    return Outcome(what, size, done, shown)


def _undo(tx: Tx, ctx: Ctx, deletion_id: str) -> tuple[What, int]:
    config = ctx.app.config
    what, releases = deletions.undo(
        tx,
        ctx.asker.user_id,
        deletion_id,
        max_apps=config.max_app_slugs,
        max_handles=config.max_user_slugs,
    )
    _note(tx, ctx, what, "restored")
    return what, releases


def _note(tx: Tx, ctx: Ctx, what: What, kind: Kind) -> None:
    entry = NewEntry(kind=kind, by=ctx.asker.user_id, fs_id=what.fs_id or "", words=what.kind)
    if what.app_slug is None:
        add_to_all(tx, what.user_slug, entry, kept(ctx.app.config.limits))
    else:
        note(tx, ctx.app, (what.app_slug, what.user_slug), entry)


def _told(deletion: Deletion) -> ListedDeletion:
    what = deletion.what
    return ListedDeletion(
        deletion_id=deletion.deletion_id,
        kind=what.kind,
        owner_handle=what.user_slug,
        app_slug=what.app_slug or "",
        fs_id=what.fs_id or "",
        releases=deletion.releases,
        bytes=deletion.bytes,
        created=deletion.created,
        undo_until=deletion.expires,
    )
