"""The process that reads long messages (`vibes_trio/beside/pool.py`): questions in, answers out, until the pipe ends.

Run as `python -m vibes_trio.services.beside`. Out of memory ends it.
"""

import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from vibes_trio.beside.pool import Answer, Packed, Question, Told
from vibes_trio.config import Limits
from vibes_trio.errors import TooLarge, VibesError
from vibes_trio.late import late
from vibes_trio.services.chat_import import pack_import, unpack_import
from vibes_trio.services.folders import pack_plan, plan_beside, unpack_plan
from vibes_trio.services.given import pack_deploy, pack_section, unpack_deploy, unpack_section
from vibes_trio.services.given_prompts import pack_prompt, unpack_prompt
from vibes_trio.services.linking import link_beside, map_beside, page_beside
from vibes_trio.wire.base import Request, encode, read_head, read_payload
from vibes_trio.wire.chat import APPEND, ReqAppendChatSection
from vibes_trio.wire.chats import ReqImportChatContexts
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.folders import ReqPlanDeploy
from vibes_trio.wire.large import Bounds, LargeHead, read_large_head
from vibes_trio.wire.prompts import ReqPromptChatSection
from vibes_trio.wire.requests import REQUESTS

if TYPE_CHECKING:
    import vibes_trio.services.chat_shown as chat_shown
else:
    chat_shown = late("vibes_trio.services.chat_shown")  # most who read long messages show nothing

_LENGTH = struct.Struct("<I")
NICENESS = 5
"""Whoever asks for a little is served by the main process, and goes first."""

# Any: requests of every type.
AnyRequest = Request[Any]


class Packing(msgspec.Struct, frozen=True):
    """How a request goes from this process to the one that answers it: what `pack` makes `unpack` takes."""

    pack: Callable[[Any, Limits], Packed]
    unpack: Callable[[Packed], Any]


_PACKINGS: Mapping[type[AnyRequest], Packing] = {
    ReqEnsureAppSlug: Packing(pack_deploy, unpack_deploy),
    ReqAppendChatSection: Packing(pack_section, unpack_section),
    ReqImportChatContexts: Packing(pack_import, unpack_import),
    ReqPromptChatSection: Packing(pack_prompt, unpack_prompt),
    ReqPlanDeploy: Packing(pack_plan, unpack_plan),
}


def packing_of(request: type[AnyRequest]) -> Packing:
    """Return how *request* is packed. One that has no way of its own goes as it is, if what counts of it is short."""
    known = _PACKINGS.get(request)
    if known is not None:
        return known
    decoder = msgspec.json.Decoder(request)
    return Packing(_pack_as_it_is, lambda packed: decoder.decode(packed.text))


def _pack_as_it_is(request: AnyRequest, limits: Limits) -> Packed:
    text = encode(msgspec.structs.replace(request, auth=None))
    if len(text) > limits.read_here_bytes:
        raise TooLarge(
            f"The members of this message have more than {limits.read_here_bytes} bytes.",
            limit="read_here_bytes",
            value=limits.read_here_bytes,
        )
    return Packed(text)


# Any: see Packing.
_READ: Mapping[str, tuple[msgspec.json.Decoder[Any], Packing]] = {
    kind: (msgspec.json.Decoder(request), packing_of(request)) for kind, request in REQUESTS.items()
}


def look(message: bytes, limits: Limits) -> LargeHead:
    """Return the head of *message*. Raises as `read_large_head`."""
    bounds = Bounds(limits.max_token_bytes + 1, limits.max_context_id_chars + 1)
    return read_large_head(message, bounds, APPEND)


def read(message: bytes, kind: str, limits: Limits) -> Packed:
    """Return the payload of *message*, a request of type *kind*, packed.

    Raises:
        BadRequest, TooLarge: it can't be; says why.
    """
    decoder, packing = _READ[kind]
    return packing.pack(read_payload(decoder, read_head(message)), limits)


def do(question: Question, about: bytes, limits: Limits) -> Packed:
    """Return what *question* asks for. Raises as `look` and `read`."""
    match question.task:
        case "look":
            return Packed(encode(look(about, limits)))
        case "read":
            return read(about, question.type, limits)
        case "link":
            return link_beside(about, limits)
        case "map":
            return map_beside(about, limits)
        case "page":
            return page_beside(about, limits)
        case "plan":
            return plan_beside(about, limits)
        case "show":
            return chat_shown.show_beside(about, limits)
        case "show plainly":
            return chat_shown.show_plainly_beside(about, limits)


def answer(question: Question, about: bytes, limits: Limits) -> tuple[Answer, tuple[bytes, ...]]:
    """Return the answer to *question*, and its parts."""
    try:
        packed = do(question, about, limits)
    except VibesError as error:
        detail = {name: value for name, value in error.detail.items() if isinstance(value, str | int)}
        return Answer(Told(error.code, error.message, detail)), ()
    return Answer(None, msgspec.Raw(packed.text), tuple(map(len, packed.parts))), packed.parts


def serve(questions: BinaryIO, answers: BinaryIO, limits: Limits) -> None:
    """Answer until *questions* ends."""
    decoder = msgspec.json.Decoder(Question)
    while (asked := _receive(questions)) is not None:
        about = _receive(questions)
        assert about is not None, "what it is about comes with a question"
        found, parts = answer(decoder.decode(asked), about, limits)
        del about
        told = encode(found)
        for piece in (_LENGTH.pack(len(told)), told, *parts):
            answers.write(piece)
        answers.flush()


def _receive(questions: BinaryIO) -> bytes | None:
    head = questions.read(_LENGTH.size)
    return questions.read(_LENGTH.unpack(head)[0]) if head else None


if __name__ == "__main__":
    os.nice(NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer, Limits())
