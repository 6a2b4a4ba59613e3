"""Apps that get another name, and apps that are made from others."""

from collections.abc import Iterator

from vibes_trio.content.slugs import (
    MAX_LABEL_CHARS,
    check_slug_pair,
    own_names,
    parse_app_slug,
    parse_user_slug,
)
from vibes_trio.context import Ctx
from vibes_trio.errors import NoSuchSlugLeft, NotFound
from vibes_trio.exchange import AppSlug, FsId, UserSlug
from vibes_trio.jobs import WarmRelease
from vibes_trio.services.access import admit
from vibes_trio.services.app_log import deployed, note
from vibes_trio.services.me import find_default_handle
from vibes_trio.services.stored_settings import RemixOf, Stored
from vibes_trio.storage import apps, slugs, versions
from vibes_trio.storage.app_log import NewEntry
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import NewRelease, Release
from vibes_trio.storage.renames import rename_app
from vibes_trio.storage.settings import AppChange, change_app
from vibes_trio.urls import app_url, entry_point_url
from vibes_trio.wire.base import encode
from vibes_trio.wire.deletions import ReqForkApp, ReqRenameApp, ResForkApp, ResRenameApp

TRIES = 20
"""Names that are tried for a fork: `garden-remix`, `garden-remix-2`, …"""


async def rename(ctx: Ctx, req: ReqRenameApp) -> ResRenameApp:
    """Give an app another slug.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound, NotOwner: see `access.admit`.
        SlugTaken, TooLarge: see `renames.rename_app`.
    """
    config = ctx.app.config
    app, new = await ctx.app.db.write_long(config.limits.long_write_bytes, _rename, ctx, req)
    return ResRenameApp(
        owner_handle=app.user_slug,
        app_slug=new,
        previous_app_slug=app.app_slug,
        entry_point_url=app_url(config.protocol, config.hostname_base, new, app.user_slug),
    )


async def fork_app(ctx: Ctx, req: ReqForkApp) -> ResForkApp:
    """Make an app of who asks from a release that they may read.

    Raises:
        BadRequest: a slug that can't be one.
        NotFound: there is no such app or release, or not for them.
        SlugTaken, LimitReached, NoSuchSlugLeft: see `storage.slugs`, `storage.apps`.
    """
    config = ctx.app.config
    source, made = await ctx.app.db.write(_fork, ctx, req)
    if made.mode == "production":
        ctx.app.jobs.add(WarmRelease(made.app_slug, made.user_slug))
    return ResForkApp(
        owner_handle=made.user_slug,
        app_slug=made.app_slug,
        chat_id="",
        src_fs_id=source.fs_id,
        src_user_slug=source.user_slug,
        src_app_slug=source.app_slug,
        fs_id=made.fs_id,
        entry_point_url=entry_point_url(
            config.protocol, config.hostname_base, made.app_slug, made.user_slug, made.fs_id
        ),
    )


def _rename(tx: Tx, ctx: Ctx, req: ReqRenameApp) -> tuple[AppState, AppSlug]:
    app, config = admit(tx, ctx, req).app, ctx.app.config
    new = parse_app_slug(req.new_app_slug, own_names(config.hostname_base))
    check_slug_pair(new, app.user_slug)
    limits = config.limits
    rename_app(tx, app, new, max_rows=limits.rename_rows, old_names=limits.old_names)
    words = f"{app.app_slug} → {new}"
    note(tx, ctx.app, (new, app.user_slug), NewEntry(kind="renamed", by=ctx.asker.user_id, words=words))
    return app, new


def _fork(tx: Tx, ctx: Ctx, req: ReqForkApp) -> tuple[Release, Release]:
    app = admit(tx, ctx, req).app
    source = versions.find_shown(tx, app, FsId(req.src_fs_id) if req.src_fs_id else None)
    if source is None:
        raise NotFound(f"{app.app_slug}--{app.user_slug} has no such release.")
    config = ctx.app.config
    user = _bind_handle(tx, ctx, req)
    slug = _bind_name(tx, ctx, req, user, app.app_slug)
    check_slug_pair(slug, user)
    new = NewRelease(
        app_slug=slug,
        user_slug=user,
        user_id=ctx.asker.user_id,
        fs_id=source.fs_id,
        mode="production" if req.skip_chat else "dev",
        env_json=source.env_json,
        file_system_json=source.file_system_json,
        extras_json=source.extras_json,
        size=versions.get_size(tx, source),
    )
    made = apps.save_release(tx, new, limit=config.max_apps, max_bytes=config.max_app_bytes).release
    _note_source(tx, made, source, app)
    words = f"forked from {source.user_slug}/{source.app_slug}"
    note(tx, ctx.app, (slug, user), deployed(made, ctx.asker.user_id, words))
    return source, made


def _bind_handle(tx: Tx, ctx: Ctx, req: ReqForkApp) -> UserSlug:
    config, user_id = ctx.app.config, ctx.asker.user_id
    wanted = find_default_handle(tx, user_id)
    if req.new_owner_handle:
        wanted = parse_user_slug(req.new_owner_handle, own_names(config.hostname_base))
    return slugs.bind_user_slug(
        tx,
        user_id,
        wanted,
        limit=config.max_user_slugs,
        attempts=config.limits.slug_attempts,
        words=ctx.app.random_slug,
    )


def _bind_name(tx: Tx, ctx: Ctx, req: ReqForkApp, user: UserSlug, source: AppSlug) -> AppSlug:
    config = ctx.app.config
    if req.new_app_slug:
        wanted = parse_app_slug(req.new_app_slug, own_names(config.hostname_base))
        slugs.check_free(tx, user, wanted)  # what is set of that one would be gone
    else:
        names = _names(source, "clone" if req.skip_chat else "remix", user)
        found = next((name for name in names if slugs.is_free(tx, user, name)), None)
        if found is None:
            raise NoSuchSlugLeft(f"{TRIES} names were tried and all are taken. Name one in `newAppSlug`.")
        wanted = found
    return slugs.bind_app_slug(
        tx,
        ctx.asker.user_id,
        user,
        wanted,
        limit=config.max_app_slugs,
        attempts=config.limits.slug_attempts,
        words=ctx.app.random_slug,
    )


def _names(source: AppSlug, ending: str, user: UserSlug) -> Iterator[AppSlug]:
    for number in range(1, TRIES + 1):
        tail = f"-{ending}" if number == 1 else f"-{ending}-{number}"
        room = MAX_LABEL_CHARS - len("--") - len(user) - len(tail)
        yield AppSlug(source[:room].rstrip("-") + tail)


def _note_source(tx: Tx, made: Release, source: Release, original: AppState) -> None:
    """Note what *made* was made from. What is made from a private app is private until its new owner says otherwise."""
    app = find_app(tx, made.app_slug, made.user_slug)
    assert app is not None, "it was made just now"
    title = original.title
    visibility = original.visibility if original.visibility == "private" else app.visibility
    remix = RemixOf(src_fs_id=source.fs_id, src_owner_handle=source.user_slug, src_app_slug=source.app_slug)
    change_app(tx, app, AppChange(title, "", encode(Stored(remix_of=remix)).decode(), visibility))
