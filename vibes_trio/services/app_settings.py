"""What an app's owner sets of it: how it is called, what its pages find, which models it uses."""

import re
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest, NotFound, TooLarge
from vibes_trio.services.access import Admitted, admit
from vibes_trio.services.given import check_env, check_mime
from vibes_trio.services.stored_settings import Asking, Stored, read_settings
from vibes_trio.storage.app_states import AppState, Visibility, find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.members import approve_waiting
from vibes_trio.storage.settings import AppChange, change_app
from vibes_trio.wire.access import Relation, rule_of
from vibes_trio.wire.apps import Icon
from vibes_trio.wire.base import encode
from vibes_trio.wire.restrictions import SAYS_NOTHING, AppAccess, read_access
from vibes_trio.wire.settings import (
    EnableRequest,
    Entry,
    Looks,
    Pair,
    PublicAccess,
    ReqEnsureAppSettings,
    ResEnsureAppSettings,
    Settings,
)

NOBODY = "------"
"""What newer clients take for no user."""
NULL = Raw(b"null")

_CID = re.compile(r"[0-9A-Za-z]{1,128}")
_icon_decoder = msgspec.json.Decoder(Icon)
_EMPTY: dict[str, Any] = {field: getattr(Stored(), field) for field in Stored.__struct_fields__}


async def ensure_app_settings(ctx: Ctx, req: ReqEnsureAppSettings) -> ResEnsureAppSettings:
    """Return what is set of an app, once what *req* sets stands in it. Others than its owner only read.

    Raises:
        BadRequest: a slug that can't be one; a value that can't be.
        TooLarge: a text, or all together, is too long.
    """
    if isinstance(req.icon, Icon):
        _check_icon(req.icon)
    named = {field: getattr(req, field) for field in req.CHANGES}
    changes = {field: value for field, value in named.items() if value is not UNSET}
    said = read_access(req)
    if said != SAYS_NOTHING:
        changes["said"] = said
    try:
        if changes and ctx.user_id is not None:
            found = await ctx.app.db.write(_change, ctx, req, changes)
        else:
            found = await ctx.app.db.read(admit, ctx, req)
    except NotFound:
        return _nothing(req)
    return _told(found.app, found.relation)


def _change(tx: Tx, ctx: Ctx, req: ReqEnsureAppSettings, changes: dict[str, Any]) -> Admitted:
    found = admit(tx, ctx, req)
    if found.relation < (rule_of(req).changes or Relation.OWNER):
        return found
    app = found.app
    title, icon = changes.pop("title", app.title), changes.pop("icon", UNSET)
    visibility = _visibility(app, changes)
    new = msgspec.structs.replace(read_settings(app), **_as_stored(changes))
    change = AppChange(
        title=title or "",
        icon_json=app.icon_json if icon is UNSET else encode(icon).decode() if icon else "",
        settings_json=encode(new).decode(),
        visibility=visibility,
    )
    _check(ctx, new, change)
    change_app(tx, app, change)
    if new.request.enable and new.request.auto_accept_role:
        approve_waiting(tx, app, new.request.auto_accept_role)
    again = find_app(tx, app.app_slug, app.user_slug)
    assert again is not None, "it was there just now"
    return Admitted(again, found.relation)


def _visibility(app: AppState, changes: dict[str, Any]) -> Visibility:
    """Take from *changes* who may see *app* from now on, in whichever of its words."""
    said: AppAccess = changes.pop("said", SAYS_NOTHING)
    switch = changes.pop("public_access", None)
    named = changes.pop("visibility", None)
    if said.posture:
        changes["posture"] = said.posture
    if said.anon_write:
        changes["anon_write"] = said.anon_write
    if switch is not None and not named:
        is_public = app.visibility != "private"
        named = None if switch.enable == is_public else "public" if switch.enable else "private"
    visibility: Visibility = named or said.visibility or app.visibility
    return visibility


def _as_stored(changes: dict[str, Any]) -> dict[str, Any]:
    """Return *changes* as `Stored` has them; `null` is what was never set."""
    found = {}
    for field, value in changes.items():
        if value is None or value == NULL:
            value = _EMPTY[field]
        elif field == "env":
            value = {pair.key: pair.value for pair in value}
        elif field == "request":
            value = Asking(enable=value.enable, auto_accept_role=value.auto_accept_role or "")
        elif isinstance(value, Raw) and not bytes(value).startswith(b"{"):
            raise BadRequest(f"{field}: an object is wanted, or `null`.")
        found[field] = value
    return found


def _check_icon(icon: Icon) -> None:
    check_mime(icon.mime, "icon.mime")
    if not _CID.fullmatch(icon.cid):
        raise BadRequest("icon.cid: the CID of a file is wanted, as an upload is answered.")


def _check(ctx: Ctx, new: Stored, change: AppChange) -> None:
    limits = ctx.app.config.limits
    check_env(new.env, limits)
    for name, held, most in (
        ("max_title_chars", len(change.title), limits.max_title_chars),
        (
            "max_settings_bytes",
            len(change.settings_json) + len(change.icon_json) - len(encode(new.env)),
            limits.max_settings_bytes,
        ),
    ):
        if held > most:
            raise TooLarge(f"{name} is {most}; this has {held}.", limit=name, value=most)


def _told(app: AppState, relation: Relation) -> ResEnsureAppSettings:
    stored, deploys = read_settings(app), relation >= Relation.EDITOR
    looks = Looks(
        env=tuple(Pair(key, value) for key, value in stored.env.items()) if deploys else (),
        title=app.title,
        skills=stored.skills,
        theme=stored.theme,
        color_theme=stored.color_theme,
        style=stored.style,
        draft_style=stored.draft_style if deploys else UNSET,
        icon_description=stored.icon_description,
        icon=_icon_decoder.decode(app.icon_json) if app.icon_json else UNSET,
        runtime=stored.runtime if deploys else UNSET,
        codegen=stored.codegen if deploys else UNSET,
        img=stored.img if deploys else UNSET,
    )
    return ResEnsureAppSettings(
        user_id=app.user_id if deploys else NOBODY,
        app_slug=app.app_slug,
        owner_handle=app.user_slug,
        ledger="",
        tenant="",
        settings=Settings(entry=_entry(app, stored, looks) if deploys else Entry(settings=looks), entries=()),
        updated=app.updated,
        created=app.created,
    )


def _entry(app: AppState, stored: Stored, looks: Looks) -> Entry:
    asking = stored.request
    return Entry(
        settings=looks,
        public_access=PublicAccess(enable=app.visibility != "private"),
        enable_request=EnableRequest(enable=asking.enable, auto_accept_role=asking.auto_accept_role or UNSET),
        visibility=app.visibility,
        posture=stored.posture,
        anon_write=stored.anon_write,
    )


def _nothing(req: ReqEnsureAppSettings) -> ResEnsureAppSettings:
    return ResEnsureAppSettings(
        user_id=NOBODY,
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        ledger="",
        tenant="",
        settings=Settings(entry=Entry(settings=Looks(env=())), entries=()),
        updated="",
        created="",
        error="not-found",
    )
