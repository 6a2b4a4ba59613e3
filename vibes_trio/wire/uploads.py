"""Uploads: a grant by message; the bytes come by HTTP, see `services.uploads`."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.names import AppRequest


class ResAssetUploadGrant(Response, frozen=True, kw_only=True, tag="vibes.diy.res-asset-upload-grant"):
    """Where the file goes (a path of this host), and *grant*, which goes along as `X-Asset-Grant`."""

    upload_url: str
    grant: str
    expires_at: str
    upload_id: str


class ReqAssetUploadGrant(
    AppRequest[ResAssetUploadGrant], frozen=True, kw_only=True, tag="vibes.diy.req-asset-upload-grant"
):
    """Let one file be uploaded for an app."""

    mime_type: str = ""


class ResListMissingAssets(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-missing-assets"):
    """Those of the CIDs that have to be sent."""

    missing: tuple[str, ...]


class ReqListMissingAssets(
    Request[ResListMissingAssets], frozen=True, kw_only=True, tag="vibes.diy.req-list-missing-assets"
):
    """Say which contents a deploy has to send, and which it may name by `refId`, as I have sent them before.

    Whether somebody else has them is never told.
    """

    cids: list[str]


class PutAsset(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the upload of a whole file is answered."""

    type: Literal["vibes.diy.res-put-asset"] = "vibes.diy.res-put-asset"
    cid: str
    get_url: str = msgspec.field(name="getURL")
    size: int
    upload_id: str


class UploadState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a part is answered that is not the last: how much is here."""

    type: Literal["vibes.diy.res-put-asset-part"] = "vibes.diy.res-put-asset-part"
    upload_id: str
    received: int
