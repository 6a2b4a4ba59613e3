"""Secrets of an app, as its owner sets them beside its other settings: stored sealed, and never told in plain.

Told are their names, since when they are, who set them, and the last characters of those that are long enough to stay
secret all the same; and that to the app's owner alone.
"""

import logging
import re

import msgspec
import trio
from msgspec import UNSET, UnsetType

from vibes_trio.auth.sealing import ensure_seal_key, seal
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, ConfigError, Overloaded, TooLarge, UnknownType
from vibes_trio.services.access import admit
from vibes_trio.services.app_settings import ensure_app_settings
from vibes_trio.services.me import find_default_handle
from vibes_trio.storage import app_secrets
from vibes_trio.storage.interface import Tx, unix_of
from vibes_trio.wire.access import Relation
from vibes_trio.wire.settings import ReqEnsureAppSettings, ResEnsureAppSettings, SecretMeta, SecretSet

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
SHOWS_LAST = 4
FROM_CHARS = 12
"""Of a secret that has fewer nothing is shown."""


async def ensure_settings(ctx: Ctx, req: ReqEnsureAppSettings) -> ResEnsureAppSettings:
    """As `app_settings.ensure_app_settings`, with the app's secrets, for its owner.

    Raises:
        UnknownType: something is to be set that isn't kept here.
        BadRequest, TooLarge: a secret that can't be one.
        LimitReached: the app has as many as it may.
    """
    _refuse_what_is_not_kept(req)
    _check(ctx.app, req)
    response = await ensure_app_settings(ctx, req)
    if response.error or ctx.user_id is None or response.user_id != ctx.user_id:
        return response
    told = tuple(_told(one) for one in await _change(ctx, req))
    entry = response.settings.entry
    looks = msgspec.structs.replace(entry.settings, secrets=told)
    settings = msgspec.structs.replace(
        response.settings, entry=msgspec.structs.replace(entry, settings=looks)
    )
    return msgspec.structs.replace(response, settings=settings)


def _refuse_what_is_not_kept(req: ReqEnsureAppSettings) -> None:
    """Nobody is told that all is well with what is then not there."""
    for field, member in req.NOT_KEPT.items():
        if getattr(req, field) is not UNSET:
            raise UnknownType(f"Not Implemented: {member} is not kept by this server.", type=member)


def _check(app: App, req: ReqEnsureAppSettings) -> None:
    most = app.config.limits.max_secret_bytes
    for asked in (req.secret_set, req.secret_remove):
        if not isinstance(asked, UnsetType) and not _NAME.fullmatch(asked.key):
            raise BadRequest("The name of a secret has 1 to 100 letters, digits and `_.-`.")
    if isinstance(req.secret_set, UnsetType):
        return
    if not req.secret_set.value:
        raise BadRequest("secretSet.value: the secret is empty.")
    if len(req.secret_set.value.encode("utf-8", "replace")) > most:
        raise TooLarge(f"A secret has at most {most} bytes.", limit="max_secret_bytes", value=most)


async def _change(ctx: Ctx, req: ReqEnsureAppSettings) -> tuple[app_secrets.Secret, ...]:
    if isinstance(req.secret_set, UnsetType) and isinstance(req.secret_remove, UnsetType):
        return await ctx.app.db.read(_list, ctx, req)
    sealed = b""
    if not isinstance(req.secret_set, UnsetType):
        key = await trio.to_thread.run_sync(_key_of, ctx.app)
        sealed = seal(key, req.secret_set.value, belongs_to(ctx.asker.user_id, req.secret_set.key))
    return await ctx.app.db.write(_set, ctx, req, sealed)


def belongs_to(user_id: str, name: str) -> str:
    """Return what a secret is sealed for: its owner and its name, which stay when the app gets another."""
    return f"{user_id}\n{name}"


def _key_of(app: App) -> bytes:
    try:
        return ensure_seal_key(app.config.data_dir)
    except ConfigError as error:
        log.error("secrets can't be kept: %s", error)
        raise Overloaded("Secrets can't be kept at the moment; the server's log says why.") from error


def _list(tx: Tx, ctx: Ctx, req: ReqEnsureAppSettings) -> tuple[app_secrets.Secret, ...]:
    found = admit(tx, ctx, req)
    owns = found.relation is Relation.OWNER
    return app_secrets.list_secrets(tx, (found.app.app_slug, found.app.user_slug)) if owns else ()


def _set(tx: Tx, ctx: Ctx, req: ReqEnsureAppSettings, sealed: bytes) -> tuple[app_secrets.Secret, ...]:
    found = admit(tx, ctx, req)
    app = (found.app.app_slug, found.app.user_slug)
    if found.relation is Relation.OWNER:
        if not isinstance(req.secret_set, UnsetType):
            secret = _about(req.secret_set, find_default_handle(tx, ctx.asker.user_id) or "")
            app_secrets.put_secret(tx, app, secret, sealed, ctx.app.config.limits.app_secrets)
        if not isinstance(req.secret_remove, UnsetType):
            app_secrets.remove_secret(tx, app, req.secret_remove.key)
    return _list(tx, ctx, req)


def _about(asked: SecretSet, set_by: str) -> app_secrets.Secret:
    last = asked.value[-SHOWS_LAST:] if len(asked.value) >= FROM_CHARS else ""
    return app_secrets.Secret(asked.key, last if last.isprintable() else "", "", set_by)


def _told(secret: app_secrets.Secret) -> SecretMeta:
    since_ms = round(unix_of(secret.updated) * 1000)
    return SecretMeta(key=secret.name, last4=secret.last4, updated_at=since_ms, set_by=secret.set_by)
