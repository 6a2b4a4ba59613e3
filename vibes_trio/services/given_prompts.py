"""What is said in a chat of an app, checked as far as that needs no storage; as `given.py` does it for deploys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from msgspec import UnsetType

from vibes_trio.beside.pool import Packed
from vibes_trio.config import Limits
from vibes_trio.content.filenames import check_filename
from vibes_trio.errors import BadRequest, TooLarge
from vibes_trio.services.given import GivenFile, put_together, read_deploy, set_apart
from vibes_trio.steps import Steps, run_through
from vibes_trio.wire.base import encode
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.files import VibeFile
from vibes_trio.wire.prompts import Prompt, PromptMode, ReqPromptChatSection, TextPart

_prompt_decoder = msgspec.json.Decoder(Prompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said in a chat.

    Attributes:
        asked_json: what a model would be asked, as it was sent; empty: nothing.
        words: what of it are a user's words.
        files: all of the app's, or those that change. *removed*: names of those that go.
        entry_point: as of `given.Deploy`.
    """

    mode: PromptMode
    chat_id: str
    outer_tid: str
    variant: str
    ref_fs_id: str
    asked_json: str = ""
    words: str = ""
    files: tuple[GivenFile, ...] = ()
    removed: tuple[str, ...] = ()
    entry_point: str = ""


def read_prompt(req: ReqPromptChatSection, limits: Limits) -> Steps[Said]:
    """Return what *req* says.

    Raises:
        BadRequest: what its mode needs is missing, or can't be.
        TooLarge: a limit on files, or on what a model is asked.
    """
    said = Said(
        mode=req.mode,
        chat_id=req.chat_id[: limits.max_context_id_chars + 1],
        outer_tid=req.outer_tid[: limits.max_context_id_chars],
        variant=req.variant[: limits.max_context_id_chars],
        ref_fs_id=req.ref_fs_id[: limits.max_context_id_chars],
    )
    match req.mode:
        case "fs-set":
            if isinstance(req.fs_set, UnsetType):
                raise BadRequest("fsSet: the app's files are wanted.")
            return (yield from _with_files(said, req.fs_set, (), limits))
        case "fs-update":
            if isinstance(req.fs_update, UnsetType):
                raise BadRequest("fsUpdate: files that change, and that go, are wanted.")
            removed = tuple(file.filename for file in req.fs_update.remove)
            return (yield from _with_files(said, req.fs_update.update, removed, limits))
        case _:
            return _with_prompt(said, req.prompt, limits)


def _with_files(said: Said, files: list[VibeFile], removed: Sequence[str], limits: Limits) -> Steps[Said]:
    if len(removed) > limits.max_files:
        raise TooLarge(
            f"remove: {len(removed)} files are too many.", limit="max_files", value=limits.max_files
        )
    for index, name in enumerate(removed):
        check_filename(name, limits.max_filename_chars, f"remove[{index}].filename")
    if not files and removed:
        return replace(said, removed=tuple(removed))
    deploy = yield from read_deploy(ReqEnsureAppSlug(mode="dev", file_system=files), limits)
    return replace(said, files=deploy.files, removed=tuple(removed), entry_point=deploy.entry_point)


def _with_prompt(said: Said, prompt: msgspec.Raw | UnsetType, limits: Limits) -> Said:
    most = limits.max_prompt_bytes
    if isinstance(prompt, UnsetType):
        raise BadRequest("prompt: what is asked is wanted, an object with `messages`.")
    if len(bytes(prompt)) > most:
        raise TooLarge(f"prompt: more than {most} bytes.", limit="max_prompt_bytes", value=most)
    try:
        asked = _prompt_decoder.decode(prompt)
        text = bytes(prompt).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"prompt: {str(error)[:200]}.") from None
    words = [
        part.text
        for message in asked.messages
        if message.role == "user"
        for part in message.content
        if isinstance(part, TextPart)
    ]
    return replace(said, asked_json=text, words="\n".join(words)[: limits.max_message_chars])


def pack_prompt(req: ReqPromptChatSection, limits: Limits) -> Packed:
    """Return *req*, read, for another process."""
    said = run_through(read_prompt(req, limits))
    files, contents = set_apart(said.files)
    return Packed(encode(replace(said, files=files)), contents)


_said_decoder = msgspec.json.Decoder(Said)


def unpack_prompt(packed: Packed) -> Said:
    """Return what was packed. Of the contents none is copied."""
    said = _said_decoder.decode(packed.text)
    return replace(said, files=put_together(said.files, packed.parts))
