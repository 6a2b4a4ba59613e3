"""Uploads: files of any kind for an app, by HTTP, whole or in parts; and what of a deploy has to be sent at all.

Who may change an app asks for a grant, and sends the file with it (`X-Asset-Grant`): in one POST, or in several, each
with `Upload-Offset` (where its bytes begin) and, but for the last, `Upload-Complete: ?0`. A HEAD with the grant tells
by `Upload-Offset` where a file goes on, after whatever interrupted it. (The headers are those of the IETF's draft on
resumable uploads.) A grant may be used again: the same file is answered the same.

A file is served at an address that nobody can guess, to whoever has it: that of an image on a page, say. It has no
origin there and runs nothing (`policy.LOCKED`), whatever it is.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hmac import compare_digest
from urllib.parse import parse_qs

import base58
import trio
from msgspec import structs

from vibes_trio.content.cid import calc_cid
from vibes_trio.content.mime import OCTETS
from vibes_trio.content.slugs import own_names, parse_app_slug, parse_user_slug
from vibes_trio.context import App, Ctx
from vibes_trio.errors import BadRequest, NotFound, RequireLogin, TooLarge
from vibes_trio.exchange import READING_HEADERS, AppSlug, Cid, HttpIncoming, Reply, UserSlug
from vibes_trio.services.access import admit
from vibes_trio.services.given import check_mime
from vibes_trio.services.replies import Asked, Content, respond
from vibes_trio.storage import iso_utc, uploads
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.assets import find_asset, list_owned_assets
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.slugs import bind_user_slug, find_slug_owner
from vibes_trio.urls import UPLOADS, normalize_path
from vibes_trio.wire.base import encode
from vibes_trio.wire.uploads import (
    PutAsset,
    ReqAssetUploadGrant,
    ReqListMissingAssets,
    ResAssetUploadGrant,
    ResListMissingAssets,
    UploadState,
)

ID_BYTES = 16
GRANT_BYTES = 24
FOREVER = "public, max-age=31536000, immutable"
_JSON = (("content-type", "application/json"), ("cache-control", "no-store"))
_ADDRESS = re.compile(r"sql://Assets/(z[0-9A-Za-z]{1,127})\?upload=([0-9A-Za-z]{1,40})")
_OFFSET = re.compile(r"[0-9]{1,15}")
_NEEDED = "needed: ask for a grant (vibes.diy.req-asset-upload-grant) and send it as `X-Asset-Grant`"


# -- messages ---------------------------------------------------------------------------------------------


async def grant_upload(ctx: Ctx, req: ReqAssetUploadGrant) -> ResAssetUploadGrant:
    """Let a file be uploaded for an app, which need not be there yet.

    Raises:
        BadRequest: a slug or type that can't be one.
        NotFound, NotOwner: see `access.admit`; nor may anybody upload under somebody else's handle.
        LimitReached: too many uploads of the user's are under way.
    """
    limits, now = ctx.app.config.limits, ctx.app.now()
    upload_id, secret = _random(ID_BYTES), _random(GRANT_BYTES)
    wanted = uploads.Upload(
        upload_id=upload_id,
        user_id=ctx.asker.user_id,
        user_slug=UserSlug(""),
        app_slug=AppSlug(""),
        grant_hash=_hash(secret),
        mime=check_mime(req.mime_type or OCTETS, "mimeType"),
        created=iso_utc(now),
        expires=iso_utc(now + limits.upload_grant_s),
    )
    await ctx.app.db.write(_grant, ctx, req, wanted)
    return ResAssetUploadGrant(
        upload_url=UPLOADS, grant=f"{upload_id}.{secret}", expires_at=wanted.expires, upload_id=upload_id
    )


async def list_missing_assets(ctx: Ctx, req: ReqListMissingAssets) -> ResListMissingAssets:
    """Return which of the contents the asker has to send.

    Raises:
        TooLarge: more are asked for than an app may have files.
    """
    most = ctx.app.config.limits.max_files
    if len(req.cids) > most:
        raise TooLarge(
            f"cids: {len(req.cids)} are too many; an app has at most {most} files.",
            limit="max_files",
            value=most,
        )
    known = await ctx.app.db.read(list_owned_assets, ctx.asker.user_id, [Cid(cid) for cid in req.cids])
    return ResListMissingAssets(missing=tuple(cid for cid in req.cids if cid not in known))


def _grant(tx: Tx, ctx: Ctx, req: ReqAssetUploadGrant, wanted: uploads.Upload) -> None:
    config = ctx.app.config
    own = own_names(config.hostname_base)
    app, user = parse_app_slug(req.app_slug, own), parse_user_slug(req.owner_handle, own)
    owner = find_slug_owner(tx, user)
    if owner is None:  # free, so it becomes the asker's, as with a deploy
        bind_user_slug(
            tx,
            ctx.asker.user_id,
            user,
            limit=config.max_user_slugs,
            attempts=config.limits.slug_attempts,
            words=ctx.app.random_slug,
        )
    elif owner != ctx.asker.user_id or find_app(tx, app, user) is not None:
        admit(tx, ctx, req)
    uploads.open_upload(tx, replace(wanted, user_slug=user, app_slug=app), config.limits.open_uploads)


# -- over HTTP --------------------------------------------------------------------------------------------


async def serve_uploads(ctx: Ctx, incoming: HttpIncoming) -> Reply:
    """Take a file or a part of one, tell how much is here, or serve what is whole.

    Raises:
        BadRequest: an empty file, a part that doesn't go on where the last has ended, an address that is none.
        RequireLogin: no grant, or one that was never given.
        NotFound: no file is at this address.
        TooLarge, LimitReached, DiskShort: there is no room for it.
    """
    if normalize_path(incoming.target) != UPLOADS:
        return await _serve_file(ctx.app, incoming)
    upload = await _granted(ctx.app, incoming.headers.get("x-asset-grant", ""))
    if upload.expires <= iso_utc(ctx.app.now()):
        text = f"This grant ran out at {upload.expires}: ask for another."
        return Reply(410, _JSON, encode({"type": "error", "message": text, "code": "not-found"}))
    if incoming.method == "HEAD":
        return Reply(200, (*_JSON, ("upload-offset", str(upload.size)), _complete(bool(upload.cid))))
    return await _take(ctx.app, upload, incoming.body, incoming.headers)


async def _take(app: App, upload: uploads.Upload, body: bytes, headers: Mapping[str, str]) -> Reply:
    start, is_last = _read_place(headers)
    most = app.config.limits.max_upload_bytes
    if start + len(body) > most:
        raise TooLarge(f"A file has at most {most} bytes.", limit="max_upload_bytes", value=most)
    if is_last and not start + len(body):
        raise BadRequest("The file is empty.")
    if upload.cid:
        return await _again(upload, start, body)
    received = await app.db.write_long(
        len(body), uploads.add_part, upload, start, body, app.config.max_app_bytes
    )
    if not is_last:
        state = UploadState(upload_id=upload.upload_id, received=received)
        return Reply(200, (*_JSON, ("upload-offset", str(received)), _complete(False)), encode(state))
    return _told(
        await app.db.write_long(received, uploads.finish_upload, upload, calc_cid, app.config.max_app_bytes)
    )


async def _again(upload: uploads.Upload, start: int, body: bytes) -> Reply:
    """Answer what is sent again of a file that is whole already, if it is the same."""
    is_same = start == upload.size and not body
    if start == 0 and len(body) == upload.size:
        is_same = await trio.to_thread.run_sync(calc_cid, body) == upload.cid
    if not is_same:
        raise BadRequest("This grant has brought another file already: ask for another grant.")
    return _told(upload)


def _told(upload: uploads.Upload) -> Reply:
    put = PutAsset(cid=upload.cid, get_url=_address(upload), size=upload.size, upload_id=upload.upload_id)
    return Reply(200, (*_JSON, ("upload-offset", str(upload.size)), _complete(True)), encode(put))


def _address(upload: uploads.Upload) -> str:
    return f"sql://Assets/{upload.cid}?upload={upload.upload_id}"


def _complete(is_complete: bool) -> tuple[str, str]:
    return ("upload-complete", "?1" if is_complete else "?0")


def _read_place(headers: Mapping[str, str]) -> tuple[int, bool]:
    """Return at which byte of the file a body begins, and whether it is the last of it.

    Raises:
        BadRequest: one of the two headers can't be read.
    """
    offset, complete = headers.get("upload-offset", "0"), headers.get("upload-complete", "?1")
    if not _OFFSET.fullmatch(offset) or complete not in ("?0", "?1"):
        raise BadRequest(
            "Upload-Offset is a number of bytes, Upload-Complete `?1` or, where more follows, `?0`."
        )
    return int(offset), complete == "?1"


async def _granted(app: App, grant: str) -> uploads.Upload:
    """Return the upload that *grant* is for.

    Raises:
        RequireLogin: it is for none.
    """
    upload_id, _, secret = grant.partition(".")
    upload = await app.db.get(uploads.find_upload, upload_id) if secret else None
    if upload is None or not compare_digest(upload.grant_hash, _hash(secret)):
        raise RequireLogin("grant_invalid", f"A valid grant is {_NEEDED}.")
    return upload


async def _serve_file(app: App, incoming: HttpIncoming) -> Reply:
    upload, content = await _find_file(app, incoming.target.partition("?")[2])
    headers = {name: incoming.headers[name] for name in READING_HEADERS if name in incoming.headers}
    asked = Asked(incoming.method == "HEAD", headers, UPLOADS)
    served = Content(content, upload.mime, upload.cid, upload.cid, FOREVER)
    return structs.replace(await respond(app, asked, served), policy=None, repeatable=False)


async def _find_file(app: App, query: str) -> tuple[uploads.Upload, bytes]:
    try:
        address = parse_qs(query, max_num_fields=4).get("url", [""])[-1]
    except ValueError:
        address = ""
    match = _ADDRESS.fullmatch(address)
    upload = await app.db.get(uploads.find_upload, match[2]) if match else None
    if match is None or upload is None or not upload.cid or upload.cid != match[1]:
        raise NotFound("There is no file at this address.")
    content = await app.assets.get_or_make(upload.cid, partial(_read_asset, app, upload.cid))
    return upload, content


async def _read_asset(app: App, cid: Cid) -> bytes:
    content = await app.db.read(find_asset, cid)
    if content is None:
        raise NotFound("There is no file at this address.")
    return content


def _random(size: int) -> str:
    return base58.b58encode(secrets.token_bytes(size)).decode("ascii")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
