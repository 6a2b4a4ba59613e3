"""What a deploy and a section bring, checked as far as that needs no storage: all of it that costs by its size.

Of a short message that is done in the event loop, of a long one in a process beside (`beside.py`). So nothing here
knows the app, and what it makes goes over a pipe: `pack_…` on one side, `unpack_…` on the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec
from msgspec import UnsetType

from vibes_trio.beside.pool import Packed
from vibes_trio.compilers.interface import Lang
from vibes_trio.config import Limits
from vibes_trio.content.cid import calc_cid, to_utf8
from vibes_trio.content.filenames import check_filename, lang_of
from vibes_trio.content.js_date import coerce_timestamp
from vibes_trio.content.mime import OCTETS, mime_of
from vibes_trio.errors import BadRequest, TooLarge
from vibes_trio.exchange import Cid
from vibes_trio.steps import Steps, run_through
from vibes_trio.wire.base import encode
from vibes_trio.wire.chat import Origin, ReqAppendChatSection, read_blocks
from vibes_trio.wire.deploy import SHARE_FILES, WITH_ALL, Mode, ReqEnsureAppSlug
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
from vibes_trio.wire.restrictions import SAYS_NOTHING, AppAccess, read_access

MAX_MIME_CHARS = 255
MAX_SLUG_CHARS = 1000
MAX_REF_CHARS = 200
BLOCKS_AT_ONCE = 16
FILES_AT_ONCE = 32
_timestamp_decoder = msgspec.json.Decoder(str | int | float)


# -- deploy -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenFile:
    """One file of a deploy; see `build.AppFile`.

    Attributes:
        is_code: it is a module, whose language may not be known.
        content: None if the file refers to what is stored as *cid*.
    """

    name: str
    cid: Cid
    mime: str
    given_mime: str
    lang: Lang | None
    entry_point: bool
    is_code: bool
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Deploy:
    """A deploy as it was asked for. *entry_point* is the last file flagged as that, in the order given."""

    mode: Mode
    app_slug: str
    user_slug: str
    env: Mapping[str, str]
    entry_point: str
    files: tuple[GivenFile, ...]
    run_id: str = ""
    message: str = ""
    access: AppAccess = SAYS_NOTHING
    progress: bool = False


def read_deploy(req: ReqEnsureAppSlug, limits: Limits) -> Steps[Deploy]:
    """Return *req* with its files in one form, in the order given.

    Raises:
        BadRequest: no files, or a name or content that can't be.
        TooLarge: too many files or one too large; too much env; a run's id that is too long.
    """
    check_env(req.env, limits)
    if (
        len(req.run_id) > limits.max_run_id_chars
    ):  # cut, it could be another's, whose release would be replaced
        raise TooLarge(
            f"runId: it has more than {limits.max_run_id_chars} characters.",
            limit="max_run_id_chars",
            value=limits.max_run_id_chars,
        )
    if not req.file_system:
        raise BadRequest("fileSystem: at least one file is wanted.")
    if len(req.file_system) > limits.max_files:
        raise TooLarge(
            f"fileSystem: {len(req.file_system)} files are too many.",
            limit="max_files",
            value=limits.max_files,
        )
    for index, file in enumerate(req.file_system):
        check_filename(file.filename, limits.max_filename_chars, f"fileSystem[{index}].filename")
    files = []
    for index, file in enumerate(req.file_system):
        files.append(_read_file(file, f"fileSystem[{index}]", limits))
        if index % FILES_AT_ONCE == FILES_AT_ONCE - 1:
            yield
    flagged = [file.name for file in files if file.entry_point]
    return Deploy(
        req.mode,
        req.app_slug[:MAX_SLUG_CHARS],
        req.user_slug[:MAX_SLUG_CHARS],
        req.env,
        flagged[-1] if flagged else "",
        tuple(files),
        req.run_id,
        req.message[: limits.max_message_chars],
        read_access(req),
        req.progress,
    )


def check_env(env: Mapping[str, str], limits: Limits) -> None:
    """Refuse *env* if it is beyond its limits, or has what means something to this server and can't be kept.

    Raises:
        TooLarge: it is beyond its limits.
        BadRequest: files are to be shared in a way that is not known here.
    """
    if env.get(SHARE_FILES, WITH_ALL) != WITH_ALL:
        raise BadRequest(
            f"env.{SHARE_FILES}: only `{WITH_ALL}` is known, for pages of any origin. Leave it out to keep files"
            " to the app's own pages."
        )
    if len(env) > limits.max_env_names:
        raise TooLarge(
            f"env: {len(env)} names are too many.", limit="max_env_names", value=limits.max_env_names
        )
    most = limits.max_env_bytes
    if sum(len(to_utf8(key)) + len(to_utf8(value)) for key, value in env.items()) > most:
        raise TooLarge(
            f"env: names and values have more than {most} bytes.", limit="max_env_bytes", value=most
        )


def pack_deploy(req: ReqEnsureAppSlug, limits: Limits) -> Packed:
    """Return *req*, read, for another process."""
    deploy = run_through(read_deploy(req, limits))
    files, contents = set_apart(deploy.files)
    return Packed(encode(replace(deploy, files=files)), contents)


_deploy_decoder = msgspec.json.Decoder(Deploy)


def unpack_deploy(packed: Packed) -> Deploy:
    """Return what was packed. Of the contents none is copied."""
    deploy = _deploy_decoder.decode(packed.text)
    return replace(deploy, files=put_together(deploy.files, packed.parts))


def set_apart(files: Iterable[GivenFile]) -> tuple[tuple[GivenFile, ...], tuple[bytes, ...]]:
    """Return *files* with nothing in them, and what was."""
    shells = [(file if file.content is None else replace(file, content=b""), file.content) for file in files]
    return tuple(shell for shell, _ in shells), tuple(inside for _, inside in shells if inside is not None)


def put_together(files: Iterable[GivenFile], contents: Iterable[bytes]) -> tuple[GivenFile, ...]:
    """Return *files* as they were before `set_apart`."""
    left = iter(contents)
    return tuple(file if file.content is None else replace(file, content=next(left)) for file in files)


def _read_file(file: VibeFile, where: str, limits: Limits) -> GivenFile:
    content = _given_content(file, f"{where}.content")
    if content is not None and len(content) > limits.max_file_bytes:
        raise too_large_file(file.filename, len(content), limits)
    given_mime = "" if isinstance(file.mimetype, UnsetType) else file.mimetype
    # An empty type that was given stays empty, as in the reference; it is served as plain bytes.
    mime = (mime_of(file.filename) or OCTETS) if isinstance(file.mimetype, UnsetType) else file.mimetype
    return GivenFile(
        name=file.filename,
        cid=_referred(file) if content is None else calc_cid(content),
        mime=check_mime(mime, f"{where}.mimetype"),
        given_mime=given_mime,
        lang=_lang(file),
        entry_point=file.entry_point is True,
        is_code=isinstance(file, CodeBlock | CodeRef),
        content=content,
    )


def too_large_file(name: str, size: int, limits: Limits) -> TooLarge:
    """Return the refusal of a file of *size* bytes."""
    most = limits.max_file_bytes
    return TooLarge(f"{name}: {size} bytes are too many for one file.", limit="max_file_bytes", value=most)


def _given_content(file: VibeFile, where: str) -> bytes | None:
    """Return the bytes that *file* brings; None if it refers to others."""
    if isinstance(file, CodeBlock | StrAssetBlock):
        return to_utf8(file.content)
    if isinstance(file, Uint8AssetBlock):
        return read_bytes(file.content, where)
    return None


def _referred(file: VibeFile) -> Cid:
    assert isinstance(file, CodeRef | StrAssetRef | Uint8AssetRef), "every other type brings its content"
    return Cid(file.ref_id[:MAX_REF_CHARS])  # no asset has a longer one


def check_mime(mime: str, where: str) -> str:
    """Return *mime* if it can stand in a header.

    Raises:
        BadRequest: it can't: it would break the answer, or smuggle a header in.
    """
    if len(mime) > MAX_MIME_CHARS or not mime.isascii() or not mime.isprintable() or mime != mime.strip():
        raise BadRequest(
            f"{where}: a MIME type of at most {MAX_MIME_CHARS} printable ASCII characters is wanted, without"
            " blanks round it."
        )
    return mime


def _lang(file: VibeFile) -> Lang | None:
    """Return the language of a module, if it is known."""
    if isinstance(file, CodeBlock):
        return file.lang
    return lang_of(file.filename) if isinstance(file, CodeRef) else None


# -- sections of chats ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A section to be appended. *blocks_json*: the blocks as they are stored."""

    context_id: str
    origin: Origin
    blocks_json: bytes = b""


def read_section(req: ReqAppendChatSection, limits: Limits) -> Steps[bytes]:
    """Return the blocks of *req* as they are stored: as sent, but for their dates (blocks.md, common rules).

    Reading a date that is no ISO time costs a microsecond per character.

    Raises:
        TooLarge: too many blocks, or a timestamp that goes on and on.
    """
    most = limits.max_blocks_per_section
    blocks = read_blocks(req)
    if len(blocks) > most:
        raise TooLarge(
            f"blocks: {len(blocks)} are too many; at most {most} fit a section.",
            limit="max_blocks_per_section",
            value=most,
        )
    stored: list[dict[str, object]] = []
    for index, block in enumerate(blocks):
        stored.append(block | {"timestamp": _read_timestamp(block["timestamp"], index, limits)})
        if index % BLOCKS_AT_ONCE == BLOCKS_AT_ONCE - 1:
            yield
    return encode(stored)


def _read_timestamp(raw: msgspec.Raw, index: int, limits: Limits) -> str | None:
    timestamp = _timestamp_decoder.decode(raw)
    most = limits.max_timestamp_chars
    if isinstance(timestamp, str) and len(timestamp) > most:
        raise TooLarge(
            f"blocks[{index}].timestamp: a date has at most {most} characters.",
            limit="max_timestamp_chars",
            value=most,
        )
    return coerce_timestamp(timestamp)


def pack_section(req: ReqAppendChatSection, limits: Limits) -> Packed:
    """Return *req*, read, for another process."""
    stored = run_through(read_section(req, limits))
    # An id that is too long is refused as unknown: no more of it is needed for that.
    section = Section(req.context_id[: limits.max_context_id_chars + 1], req.origin)
    return Packed(encode(section), (stored,))


_section_decoder = msgspec.json.Decoder(Section)


def unpack_section(packed: Packed) -> Section:
    """Return what was packed; the blocks are not copied."""
    (stored,) = packed.parts
    return replace(_section_decoder.decode(packed.text), blocks_json=stored)
