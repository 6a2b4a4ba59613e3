"""Who asks: what they are called, what they keep, what they have set."""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from vibes_trio import __version__
from vibes_trio.content.slugs import own_names, parse_user_slug
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, NotFound, TooLarge
from vibes_trio.exchange import UserId, UserSlug
from vibes_trio.services.app_list import clamp
from vibes_trio.storage import handles, settings, slugs
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.usage import get_usage
from vibes_trio.storage.users import User, find_user_of
from vibes_trio.urls import app_url
from vibes_trio.wire.access import ACCESS
from vibes_trio.wire.base import encode
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.me import (
    DefaultHandle,
    Handle,
    HandleApps,
    Held,
    ReqCreateUserSlugBinding,
    ReqEnsureUserSettings,
    ReqListUserSlugAppSlug,
    ReqListUserSlugBindings,
    ReqSuggestHandleCandidates,
    ReqWhoAmI,
    ResCreateUserSlugBinding,
    ResEnsureUserSettings,
    ResListUserSlugAppSlug,
    ResListUserSlugBindings,
    ResSuggestHandleCandidates,
    ResWhoAmI,
    Setting,
)

_TENANT = ""
"""Newer clients want it; there is one tenant here."""
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_settings_decoder = msgspec.json.Decoder(tuple[Setting, ...])
_type_decoder = msgspec.json.Decoder(str)


# -- who --------------------------------------------------------------------------------------------------


async def who_am_i(ctx: Ctx, req: ReqWhoAmI) -> ResWhoAmI:
    """Return who asks, what they keep of what they may, and what this server answers."""
    mine, default, usage, user = await ctx.app.db.read(_look_at, ctx.app, ctx.asker.user_id)
    return ResWhoAmI(
        user_id=ctx.asker.user_id,
        email=ctx.asker.email,
        owner_handle=default or "",
        handles=tuple(handle.user_slug for handle in mine),
        usage=usage,
        app_url=app_url(ctx.app.config.protocol, ctx.app.config.hostname_base, "{app}", "{handle}"),
        version=__version__,
        abilities=tuple(sorted(ACCESS)),
        name=user.name if user is not None else "",
        role=user.role if user is not None else "user",
    )


def _look_at(
    tx: Tx, app: App, user_id: UserId
) -> tuple[tuple[handles.Handle, ...], UserSlug | None, dict[str, Held], User | None]:
    config = app.config
    mine = handles.list_handles(tx, user_id, limit=config.limits.list_items)
    counts, usage = handles.count_held(tx, user_id), get_usage(tx, user_id)
    held = {
        "handles": Held(counts.handles, config.max_user_slugs),
        "apps": Held(counts.apps, config.max_app_slugs),
        "releases": Held(counts.releases, config.max_apps),
        "appBytes": Held(usage.release_bytes, config.max_app_bytes),
        "chats": Held(usage.contexts, config.max_chats),
        "chatSections": Held(usage.sections, config.max_chat_sections),
        "chatBytes": Held(usage.chat_bytes, config.max_chat_bytes),
    }
    return mine, find_default_handle(tx, user_id), held, find_user_of(tx, user_id)


def find_default_handle(tx: Tx, user_id: UserId) -> UserSlug | None:
    """Return the handle that *user_id* has set as the default; else the newest; None: they have none."""
    for item in _settings_decoder.decode(settings.get_user_settings(tx, user_id).settings_json):
        if _type_of(item) == "defaultHandle":
            chosen = msgspec.json.decode(encode(item), type=DefaultHandle).owner_handle
            if handles.find_handle(tx, user_id, UserSlug(chosen)) is not None:
                return UserSlug(chosen)
    newest = handles.list_handles(tx, user_id, limit=1)
    return newest[0].user_slug if newest else None


# -- handles ----------------------------------------------------------------------------------------------


async def list_handles(ctx: Ctx, req: ReqListUserSlugBindings) -> ResListUserSlugBindings:
    """Return handles of who asks.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit = clamp(req.limit, ctx)
    behind = {"after": read_cursor(req.cursor, "handles", tuple[str, str])} if req.cursor else {}
    found = await ctx.app.db.read(handles.list_handles, ctx.asker.user_id, limit=limit + 1, **behind)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    return ResListUserSlugBindings(
        items=tuple(
            Handle(owner_handle=one.user_slug, tenant=_TENANT, created=one.created, app_slug_count=one.apps)
            for one in items
        ),
        next_cursor=write_cursor("handles", last.created, last.user_slug) if last is not None else "",
    )


async def create_handle(ctx: Ctx, req: ReqCreateUserSlugBinding) -> ResCreateUserSlugBinding:
    """Make a handle who asks theirs. One that is theirs stays.

    Raises:
        BadRequest: it can't be one.
        SlugTaken, LimitReached, NoSuchSlugLeft: see `slugs.bind_user_slug`.
    """
    own = own_names(ctx.app.config.hostname_base)
    wanted = parse_user_slug(req.owner_handle, own) if req.owner_handle else None
    handle = await ctx.app.db.write(_bind, ctx.app, ctx.asker.user_id, wanted)
    return ResCreateUserSlugBinding(owner_handle=handle.user_slug, tenant=_TENANT, created=handle.created)


def _bind(tx: Tx, app: App, user_id: UserId, wanted: UserSlug | None) -> handles.Handle:
    slug = slugs.bind_user_slug(
        tx,
        user_id,
        wanted,
        limit=app.config.max_user_slugs,
        attempts=app.config.limits.slug_attempts,
        words=app.random_slug,
    )
    found = handles.find_handle(tx, user_id, slug)
    assert found is not None, "it was bound just now"
    return found


async def suggest_handles(ctx: Ctx, req: ReqSuggestHandleCandidates) -> ResSuggestHandleCandidates:
    """Return handles that are free: some of random words, and those that the e-mail address of who asks gives."""
    app = ctx.app
    count = max(1, min(req.count, app.config.limits.max_suggestions))
    words = dict.fromkeys(app.random_slug() for _ in range(count))
    named = dict.fromkeys(_names_of(app, ctx.asker.email))
    free = await app.db.read(_free, (*named, *words))
    of_words = tuple(slug for slug in words if slug in free)
    of_name = tuple(slug for slug in named if slug in free)[:count]
    return ResSuggestHandleCandidates(
        word_slugs=of_words, clerk_suggestions=of_name, ranked=tuple(dict.fromkeys((*of_name, *of_words)))
    )


def _names_of(app: App, email: str) -> Iterator[UserSlug]:
    """Yield what a handle may be made of *email*: its local part, and that with a number."""
    local = _NO_SLUG.sub("-", email.partition("@")[0].partition("+")[0].lower()).strip("-")[:32].strip("-")
    for text in (local, f"{local}-2", f"{local}-3"):
        try:
            yield parse_user_slug(text, own_names(app.config.hostname_base))
        except BadRequest:
            return


def _free(tx: Tx, wanted: Iterable[str]) -> frozenset[str]:
    return frozenset(slug for slug in wanted if handles.is_free(tx, UserSlug(slug)))


async def list_handle_apps(ctx: Ctx, req: ReqListUserSlugAppSlug) -> ResListUserSlugAppSlug:
    """Return handles of who asks, each with its apps. What is named and isn't theirs is left out."""
    found = await ctx.app.db.read(_handle_apps, ctx, req)
    return ResListUserSlugAppSlug(
        items=tuple(
            HandleApps(user_id=ctx.asker.user_id, owner_handle=slug, app_slugs=apps)
            for slug, apps in found.items()
        )
    )


def _handle_apps(tx: Tx, ctx: Ctx, req: ReqListUserSlugAppSlug) -> Mapping[UserSlug, tuple[str, ...]]:
    user_id, config = ctx.asker.user_id, ctx.app.config
    mine = [one.user_slug for one in handles.list_handles(tx, user_id, limit=config.limits.list_items)]
    if req.owner_handle:
        named = UserSlug(req.owner_handle.lower())
        mine = [named] if handles.find_handle(tx, user_id, named) is not None else []
    found, room = {}, config.max_app_slugs
    for slug in mine:
        apps = handles.list_app_slugs(tx, slug, max(room, 0))
        room -= len(apps)
        if req.app_slug:
            apps = tuple(app for app in apps if app == req.app_slug.lower())
        if apps or not req.app_slug:
            found[slug] = apps
    return found


# -- settings ---------------------------------------------------------------------------------------------


async def ensure_settings(ctx: Ctx, req: ReqEnsureUserSettings) -> ResEnsureUserSettings:
    """Return what who asks has set, once the items of *req* stand in it.

    Raises:
        BadRequest: an item without a `type`, or a default handle that is no handle.
        NotFound: a default handle that isn't theirs.
        TooLarge: all together are too many, or too long.
    """
    db, user_id = ctx.app.db, ctx.asker.user_id
    if not req.settings:
        found = await db.read(settings.get_user_settings, user_id)
    else:
        found = await db.write(_put, ctx.app, user_id, tuple(_checked(req.settings)))
    return ResEnsureUserSettings(
        user_id=user_id,
        settings=_settings_decoder.decode(found.settings_json),
        updated=found.updated,
        created=found.created,
    )


def _checked(items: Iterable[Setting]) -> Iterator[Setting]:
    """Yield *items* in the form that is kept; `defaultUserSlug` is what older clients call `defaultHandle`."""
    for index, item in enumerate(items):
        kind = _type_of(item)
        if not kind:
            raise BadRequest(f"settings[{index}]: `type` (text) says what it sets.")
        if kind == "defaultUserSlug":
            item = {
                "type": msgspec.Raw(b'"defaultHandle"'),
                "ownerHandle": item.get("userSlug", msgspec.Raw(b'""')),
            }
        if kind in ("defaultHandle", "defaultUserSlug"):
            try:
                msgspec.json.decode(encode(item), type=DefaultHandle)
            except msgspec.ValidationError as error:
                raise BadRequest(f"settings[{index}]: {error}.") from None
        yield item


def _put(tx: Tx, app: App, user_id: UserId, items: tuple[Setting, ...]) -> settings.UserSettings:
    there = _settings_decoder.decode(settings.get_user_settings(tx, user_id).settings_json)
    merged = {_type_of(item): item for item in (*there, *items)}
    chosen = merged.get("defaultHandle")
    if chosen is not None and chosen in items:
        slug = UserSlug(msgspec.json.decode(encode(chosen), type=DefaultHandle).owner_handle)
        if handles.find_handle(tx, user_id, slug) is None:
            raise NotFound(f"defaultHandle: you have no handle {slug[:100]!r}.")
    text = encode(tuple(merged.values())).decode()
    limits = app.config.limits
    for name, held, most in (
        ("max_settings", len(merged), limits.max_settings),
        ("max_settings_bytes", len(text), limits.max_settings_bytes),
    ):
        if held > most:
            raise TooLarge(f"settings: {name} is {most}; these are {held}.", limit=name, value=most)
    return settings.put_user_settings(tx, user_id, text)


def _type_of(item: Setting) -> str:
    """Return what *item* sets; empty: it doesn't say."""
    try:
        return _type_decoder.decode(item.get("type", b'""'))
    except msgspec.DecodeError:
        return ""
