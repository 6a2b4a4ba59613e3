"""How a deploy is sent: what the server has already is named and not sent again, what is too long goes before.

Asked is by content ids; the server says only of its asker's own contents whether it has them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import trio

from vibes_trio.client.dial import without_group
from vibes_trio.client.uploads import Uploads, open_uploads
from vibes_trio.commands.progress import Bar, open_bar
from vibes_trio.commands.session import Session
from vibes_trio.config import KiB, Limits
from vibes_trio.content.cid import calc_cid, to_utf8
from vibes_trio.content.mime import OCTETS
from vibes_trio.errors import BadRequest, NotFound
from vibes_trio.exchange import Cid
from vibes_trio.wire.deploy import ReqEnsureAppSlug, ResEnsureAppSlug
from vibes_trio.wire.files import (
    CodeBlock,
    CodeRef,
    StrAssetBlock,
    StrAssetRef,
    Uint8AssetBlock,
    Uint8AssetRef,
    VibeFile,
    read_bytes,
)
from vibes_trio.wire.uploads import ReqListMissingAssets

SENT_WHOLE_BYTES = 64 * KiB
"""So little is sent without asking what is there already: to ask takes longer."""
UPLOADS_AT_ONCE = 8
SHARE_OF_MESSAGE = 2 / 3
"""How much of a message files may be: bytes become a third longer, text up to that by its escapes."""


@dataclass(frozen=True, slots=True)
class _Content:
    """A file with its content as it is stored."""

    file: VibeFile
    content: bytes
    cid: Cid


async def send_deploy(session: Session, request: ReqEnsureAppSlug) -> ResEnsureAppSlug:
    """Send *request*, whose files all bring their content, and return its answer.

    Raises:
        VibesError, CommandFailed: see `Session.ask`.
    """
    contents = await trio.to_thread.run_sync(_contents, request.file_system)
    if sum(len(one.content) for one in contents) <= SENT_WHOLE_BYTES:
        with open_bar(0, tells=request.progress) as bar:
            return await session.ask(request, bar.on_progress)
    missing = await _ask_missing(session, contents)
    size = sum(len(one.content) for one in contents if one.cid in missing)
    with open_bar(size, tells=request.progress) as bar:
        try:
            lighter = await _lighter(session, request, contents, missing, bar)
            return await session.ask(lighter, bar.on_progress)
        except (BadRequest, NotFound):
            if missing or sum(len(one.content) for one in contents) > _room(session.limits):
                raise
            # What was there a moment ago may have been swept meanwhile.
            return await session.ask(request, bar.on_progress)


def _room(limits: Limits) -> int:
    return int(limits.max_frame_bytes * SHARE_OF_MESSAGE)


async def _ask_missing(session: Session, contents: Sequence[_Content]) -> frozenset[str]:
    cids = list(dict.fromkeys(str(one.cid) for one in contents))
    return frozenset((await session.ask(ReqListMissingAssets(cids=cids))).missing)


async def _lighter(
    session: Session,
    request: ReqEnsureAppSlug,
    contents: Sequence[_Content],
    missing: frozenset[str],
    bar: Bar,
) -> ReqEnsureAppSlug:
    """Return *request* with names in place of what is there; what doesn't fit into it is sent before."""
    before = _sent_before(contents, missing, _room(session.limits))
    if before:
        async with open_uploads(session.api, session.url, session.limits) as uploads:
            await _put_all(uploads, request, {one.cid: one for one in before}.values(), bar)
    there = {one.cid for one in before} | {one.cid for one in contents if one.cid not in missing}
    files = [as_ref(one.file, one.cid) if one.cid in there else one.file for one in contents]
    bar.advance(sum(len(one.content) for one in contents if one.cid not in there))
    return msgspec.structs.replace(request, file_system=files)


def _sent_before(contents: Sequence[_Content], missing: frozenset[str], room: int) -> list[_Content]:
    """Return those of the *missing* that go before the message, the longest first, so that the rest fits into it."""
    left = sorted((one for one in contents if one.cid in missing), key=lambda one: -len(one.content))
    size = sum(len(one.content) for one in left)
    before = []
    for one in left:
        if size <= room:
            break
        before.append(one)
        size -= len(one.content)
    return before


async def _put_all(
    uploads: Uploads, request: ReqEnsureAppSlug, contents: Iterable[_Content], bar: Bar
) -> None:
    """Upload *contents*, UPLOADS_AT_ONCE at a time: most of it is waiting for the server's disk."""
    left = iter(contents)

    async def put() -> None:
        for one in left:
            await uploads.put(request.owner_handle, request.app_slug, one.content, OCTETS, bar.advance)

    with without_group():
        async with trio.open_nursery() as nursery:
            for _ in range(UPLOADS_AT_ONCE):
                nursery.start_soon(put)


def as_ref(file: VibeFile, cid: Cid) -> VibeFile:
    """Return *file* naming its content in place of bringing it."""
    # Any: the members that every kind of file has.
    common: dict[str, Any] = {
        "filename": file.filename,
        "entry_point": file.entry_point,
        "mimetype": file.mimetype,
        "ref_id": cid,
    }
    match file:
        case CodeBlock():
            return CodeRef(**common)
        case StrAssetBlock():
            return StrAssetRef(**common)
        case Uint8AssetBlock():
            return Uint8AssetRef(**common)
        case _:
            return file


def _contents(files: Sequence[VibeFile]) -> list[_Content]:
    found = []
    for file in files:
        if isinstance(file, CodeBlock | StrAssetBlock):
            content = to_utf8(file.content)
        else:
            assert isinstance(file, Uint8AssetBlock), "what is read from a folder brings its content"
            content = read_bytes(file.content, file.filename)
        found.append(_Content(file, content, calc_cid(content)))
    return found
