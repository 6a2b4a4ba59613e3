"""Files by HTTP, whole, in parts, interrupted; on a server of ours and on one that fails as told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio

from vibes_trio.client import device_file, open_api
from vibes_trio.client.failures import ConnectionLost
from vibes_trio.client.uploads import Uploads, open_uploads
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid
from vibes_trio.errors import NotFound, VibesError
from vibes_trio.wire.uploads import ReqListMissingAssets, ResAssetUploadGrant

LIMITS = Limits(upload_part_bytes=10)


async def test_a_file_is_sent_in_parts_and_there_afterwards(served: Any) -> None:
    content, sent = bytes(range(256)), []
    async with (
        open_api(served.url, device_file(served.folder / "ada.json"), limits=LIMITS) as api,
        open_uploads(api, served.url, LIMITS) as uploads,
    ):
        put = await uploads.put("ada", "shop", content, "application/octet-stream", sent.append)
        missing = (await api.request(ReqListMissingAssets(cids=[put.cid, "zNothing"]))).missing

    assert (put.cid, put.size) == (calc_cid(content), 256)
    assert sum(sent) == 256
    assert len(sent) == 26
    assert missing == ("zNothing",)


async def test_what_the_server_refuses_is_raised(served: Any) -> None:
    limits = Limits(upload_part_bytes=40 * 1024 * 1024)
    async with (
        open_api(served.url, device_file(served.folder / "ada.json")) as api,
        open_uploads(api, served.url, limits) as uploads,
    ):
        with pytest.raises(VibesError):
            await uploads.put("ada", "shop", b"", "text/plain", lambda size: None)
        await uploads.put("ada", "shop", b"x", "text/plain", lambda size: None)
    async with (
        open_api(served.url, device_file(served.folder / "eve.json")) as api,
        open_uploads(api, served.url, limits) as uploads,
    ):
        with pytest.raises(NotFound):
            await uploads.put("ada", "shop", b"x", "text/plain", lambda size: None)


@dataclass
class Flaky:
    """Takes parts; breaks off as its list says: before the part is kept, or after."""

    fates: list[str] = field(default_factory=list)
    kept: bytearray = field(default_factory=bytearray)
    url: str = ""

    async def handle(self, stream: trio.SocketStream) -> None:
        async with stream:
            data = b""
            while b"\r\n\r\n" not in data:
                data += await stream.receive_some(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            lines = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
            if head.startswith(b"HEAD"):
                return await self.answer(stream, b"")
            while len(body) < int(lines[b"content-length"]):
                body += await stream.receive_some(65536)
            fate = self.fates.pop(0) if self.fates else ""
            if fate == "before":
                return
            assert int(lines[b"upload-offset"]) == len(self.kept)
            self.kept += body
            if fate == "after":
                return
            put = {"type": "vibes.diy.res-put-asset", "cid": "z", "getURL": "u", "size": 1, "uploadId": "i"}
            await self.answer(stream, json.dumps(put).encode())

    async def answer(self, stream: trio.SocketStream, body: bytes) -> None:
        head = f"HTTP/1.1 200 X\r\nupload-offset: {len(self.kept)}\r\ncontent-length: {len(body)}\r\n"
        await stream.send_all(f"{head}connection: close\r\n\r\n".encode() + body)


class Granting:
    """Grants uploads without asking anybody."""

    async def request(self, request: object) -> ResAssetUploadGrant:
        return ResAssetUploadGrant(upload_url="/assets", grant="g", expires_at="", upload_id="i")


@asynccontextmanager
async def flaky(*fates: str) -> AsyncIterator[tuple[Flaky, Uploads]]:
    peer = Flaky(list(fates))
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, peer.handle, 0)
        url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        limits = Limits(upload_part_bytes=10, request_tries=3)
        async with open_uploads(Granting(), url, limits) as uploads:  # type: ignore[arg-type]
            yield peer, uploads
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "fates", [(), ("before",), ("after",), ("", "before", "", "after"), ("before", "before", "", "before")]
)
async def test_what_is_interrupted_goes_on_where_it_was(fates: tuple[str, ...]) -> None:
    content, sent = b"0123456789" * 4 + b"end", []
    async with flaky(*fates) as (peer, uploads):
        await uploads.put("ada", "shop", content, "text/plain", sent.append)

    assert bytes(peer.kept) == content
    assert sum(sent) == len(content)


async def test_after_so_many_interruptions_in_a_row_it_is_told() -> None:
    async with flaky(*["before"] * 9) as (peer, uploads):
        with pytest.raises(ConnectionLost):
            await uploads.put("ada", "shop", b"x", "text/plain", lambda size: None)

    assert len(peer.fates) == 6
