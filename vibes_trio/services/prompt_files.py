"""The files of a turn: made a dev release of the app, and shown as blocks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import UnsetType

from vibes_trio.content.filenames import lang_of
from vibes_trio.content.mime import OCTETS, mime_of
from vibes_trio.content.turn_blocks import TextFile
from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest, NotFound
from vibes_trio.exchange import Cid, FsId, UserId
from vibes_trio.services.given import Deploy, GivenFile
from vibes_trio.services.given_prompts import Said
from vibes_trio.services.releases import read_env, read_extras
from vibes_trio.services.versions import sources_of
from vibes_trio.storage import app_chats, apps, versions
from vibes_trio.storage.app_chats import AppChat
from vibes_trio.storage.app_states import find_app
from vibes_trio.storage.assets import find_asset
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.release_rows import Release
from vibes_trio.wire.deploy import ResEnsureAppSlug
from vibes_trio.wire.files import FileSystemItem

DeployFiles = Callable[[Ctx, Deploy], Awaitable[ResEnsureAppSlug]]
"""Publishes files: `services.deploy`, which is loaded late."""


@dataclass(frozen=True, slots=True)
class _Base:
    """What a turn goes on from. *owner*: whose release it is."""

    owner: UserId | None = None
    files: tuple[GivenFile, ...] = ()
    env: Mapping[str, str] | None = None
    entry_point: str = ""


async def deploy_said(ctx: Ctx, chat: AppChat, said: Said, run_id: str, deploy: DeployFiles) -> str:
    """Make what is said the next dev release of the app; return its fsId.

    All files come with it (`fs-set`), or those that change, the others from the release that it goes on from: the one
    named, else the last of the chat, else the app's newest.

    Raises:
        NotFound: no such release.
        BadRequest: no file is left; and as a deploy.
    """
    base = await ctx.app.db.read(_find_base, chat, said)
    files = {file.name: file for file in (base.files if said.mode == "fs-update" else ())}
    for name in said.removed:
        files.pop(name, None)
    for name in files.keys() - {file.name for file in said.files} if base.owner != ctx.asker.user_id else ():
        files[name] = await _with_content(ctx, files[name])
    files |= {file.name: file for file in said.files}
    if not files:
        raise BadRequest("No file would be left of the app.")
    entry_point = said.entry_point or (base.entry_point if base.entry_point in files else "")
    done = await deploy(
        ctx,
        Deploy(
            "dev",
            chat.app_slug,
            chat.user_slug,
            base.env or {},
            entry_point,
            tuple(files.values()),
            run_id,
        ),
    )
    return done.fs_id


async def _with_content(ctx: Ctx, file: GivenFile) -> GivenFile:
    """Return a file of somebody else's app with its bytes: who may deploy it may read it, and may not refer to it."""
    content = await ctx.app.db.read(find_asset, file.cid)
    if content is None:
        raise NotFound(f"{file.name}: its content is not stored here any more.")
    return replace(file, content=content)


def _find_base(tx: Tx, chat: AppChat, said: Said) -> _Base:
    release = _find_release(tx, chat, said.ref_fs_id)
    if release is None:
        if said.ref_fs_id:
            raise NotFound(f"refFsId: the app has no release {said.ref_fs_id!r}.")
        return _Base()
    extras = read_extras(release.extras_json)
    entry_point = extras.entry_point if extras is not None else ""
    files = tuple(_as_given(item) for item in sources_of(release))
    return _Base(release.user_id, files, read_env(release.env_json), entry_point)


def _find_release(tx: Tx, chat: AppChat, fs_id: str) -> Release | None:
    app = find_app(tx, chat.app_slug, chat.user_slug)
    if app is None:
        return None
    wanted = (
        [fs_id]
        if fs_id
        else [turn.fs_id for turn in app_chats.list_turns(tx, chat.context_id, 1) if turn.fs_id]
    )
    wanted += [] if fs_id else [version.fs_id for version in versions.list_versions(tx, app, limit=1)]
    for one in wanted:
        release = apps.find_release(tx, chat.app_slug, chat.user_slug, FsId(one))
        if release is not None:
            return release
    return None


def _as_given(item: FileSystemItem) -> GivenFile:
    """Return a file of a release as if it was sent again, by what it is stored as."""
    usual = mime_of(item.file_name) or OCTETS
    return GivenFile(
        name=item.file_name,
        cid=Cid(item.asset_id),
        mime=item.mime_type,
        given_mime="" if item.mime_type == usual else item.mime_type,
        lang=lang_of(item.file_name),
        entry_point=item.entry_point is True,
        is_code=not isinstance(item.transform, UnsetType) and lang_of(item.file_name) is not None,
    )


# Any: JSON.
def shown_files(said: Said, max_bytes: int) -> tuple[str, Sequence[TextFile], list[dict[str, Any]]]:
    """Return what a turn says of its files, those that it shows line by line, and all of them by reference.

    Files of *max_bytes* together are shown, and only such as are text.
    """
    words, shown, room = [], [], max_bytes
    for file in said.files:
        text = _text_of(file)
        if text is not None and len(text) <= room:
            room -= len(text)
            shown.append(TextFile(file.name.removeprefix("/"), _language(file), text))
            words.append(f"File: {file.name}")
        else:
            size = "" if file.content is None else f" ({len(file.content)} bytes)"
            words.append(f"File: {file.name}{size}, not shown")
    words += [f"Removed: {name}" for name in said.removed]
    return "\n".join(words), shown, [_reference(file) for file in said.files]


def _text_of(file: GivenFile) -> str | None:
    try:
        return bytes(file.content).decode() if file.content is not None else None
    except UnicodeDecodeError:
        return None


def _language(file: GivenFile) -> str:
    return file.lang or file.name.rpartition(".")[2].lower()[:20]


def _reference(file: GivenFile) -> dict[str, Any]:
    return {"type": "code-ref" if file.is_code else "str-asset-ref", "filename": file.name, "refId": file.cid}
