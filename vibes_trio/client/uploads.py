"""Files by HTTP, in parts: what is too long for a message, and goes on where it was when it was interrupted."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import msgspec

from vibes_trio.auth.audience import origin_of
from vibes_trio.client.api import Api
from vibes_trio.client.failures import ConnectionLost
from vibes_trio.config import Limits
from vibes_trio.late import late
from vibes_trio.wire.base import ErrorReply
from vibes_trio.wire.replies import read_error
from vibes_trio.wire.uploads import PutAsset, ReqAssetUploadGrant, ResAssetUploadGrant

if TYPE_CHECKING:
    import httpx2
else:
    httpx2 = late("httpx2")

Sent = Callable[[int], None]
"""Takes how many more bytes have arrived."""


class Uploads:
    """Uploads to the server at *url*, which *api* asks for grants; any number of tasks may use it at once."""

    def __init__(self, client: httpx2.AsyncClient, api: Api, url: str, limits: Limits) -> None:
        self._client = client
        self._api = api
        self._origin = origin_of(url)
        self._limits = limits

    async def put(
        self, owner_handle: str, app_slug: str, content: bytes, mime_type: str, on_sent: Sent
    ) -> PutAsset:
        """Send *content* for an app, and return how it is called there.

        Raises:
            VibesError: the server refuses it.
            ConnectionLost: it was interrupted `limits.request_tries` times in a row.
        """
        grant = await self._api.request(
            ReqAssetUploadGrant(owner_handle=owner_handle, app_slug=app_slug, mime_type=mime_type)
        )
        offset, tries_left = 0, self._limits.request_tries
        while True:
            part = content[offset : offset + self._limits.upload_part_bytes]
            try:
                answer = await self._send(grant, part, offset, is_last=offset + len(part) == len(content))
                if answer is not None:
                    on_sent(len(part))
                    return answer
                offset, tries_left = offset + len(part), self._limits.request_tries
                on_sent(len(part))
            except httpx2.TransportError as error:
                tries_left -= 1
                if not tries_left:
                    raise ConnectionLost(f"{self._origin}: {error or type(error).__name__}.") from error
                arrived = await self._arrived(grant, offset)
                on_sent(arrived - offset)
                offset = arrived

    async def _send(
        self, grant: ResAssetUploadGrant, part: bytes, offset: int, *, is_last: bool
    ) -> PutAsset | None:
        headers = {
            "x-asset-grant": grant.grant,
            "upload-offset": str(offset),
            "upload-complete": "?1" if is_last else "?0",
        }
        answer = await self._client.post(
            urljoin(self._origin, grant.upload_url), content=part, headers=headers
        )
        if answer.status_code != 200:
            raise read_error(_refusal(answer), {})
        return msgspec.json.decode(answer.content, type=PutAsset) if is_last else None

    async def _arrived(self, grant: ResAssetUploadGrant, offset: int) -> int:
        """Return how much is there; *offset* where that can't be asked either."""
        try:
            answer = await self._client.head(
                urljoin(self._origin, grant.upload_url), headers={"x-asset-grant": grant.grant}
            )
            return int(answer.headers["upload-offset"])
        except (httpx2.TransportError, KeyError, ValueError):
            return offset


def _refusal(answer: httpx2.Response) -> ErrorReply:
    try:
        return msgspec.json.decode(answer.content, type=_Refusal).reply()
    except msgspec.DecodeError:
        return ErrorReply(message=f"{answer.url}: answers with HTTP status {answer.status_code}.", code="")


class _Refusal(msgspec.Struct, frozen=True):
    message: str
    code: str = ""

    def reply(self) -> ErrorReply:
        return ErrorReply(message=self.message, code=self.code)


@asynccontextmanager
async def open_uploads(api: Api, url: str, limits: Limits) -> AsyncIterator[Uploads]:
    """Hold what uploads to the server at *url* open for the length of the context."""
    timeout = httpx2.Timeout(limits.message_timeout_s, connect=limits.head_timeout_s)
    async with httpx2.AsyncClient(
        verify=ssl.create_default_context(), timeout=timeout, trust_env=False
    ) as client:
        yield Uploads(client, api, url, limits)
