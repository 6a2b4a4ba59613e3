"""The envelope, the bases of requests and responses, and decoding.

Everything that msgspec raises for bad input is caught here, in `decode` (platform-and-reliability.md 1.5:
it is not only `DecodeError`). Undeclared members are ignored at every level, as in the reference.
"""

import re
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec

from vibes_trio.errors import BadEnvelope, BadJson, BadRequest, VibesError
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.restrictions import Restrictable, find_restriction

REPLY_TTL = 10
"""What every reply carries as `ttl`, whatever the request said."""

T = TypeVar("T")


class Response(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of all response payloads."""


R = TypeVar("R", bound=Response)


class Request(Restrictable, Generic[R], frozen=True, kw_only=True, rename="camel"):
    """Base of all request payloads; the parameter names the response, so that a call is typed."""

    auth: DashAuth | None = None


MAX_NAME_CHARS = 1024
"""Of `tid`, `src` and `dst`: they come back with the reply, so whoever asks would have us hold what he likes."""

Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME_CHARS)]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The five members round every payload; all are required."""

    tid: Name
    src: Name
    dst: Name
    ttl: float
    payload: msgspec.Raw


class _Type(msgspec.Struct, frozen=True):
    type: str = ""


class _OrderKey(msgspec.Struct, frozen=True, rename="camel"):
    type: str
    context_id: str


class _Key(msgspec.Struct, frozen=True, rename="camel"):
    context_id: str


class _OrderKeyEnvelope(msgspec.Struct, frozen=True):
    payload: _OrderKey


class _ReplyEnvelope(msgspec.Struct, frozen=True):
    tid: str
    src: str
    dst: str
    ttl: int
    payload: Any  # any Response, or the members of an error


class LargeMessage(msgspec.Struct, frozen=True):
    """A message that is too long to be decoded here.

    Attributes:
        data: its text.
        auth: who is said to send it.
        fault: what is wrong with that; empty: nothing.
    """

    data: bytes
    auth: DashAuth | None
    fault: str


class Message(msgspec.Struct, Generic[T], frozen=True):
    """A decoded request with the envelope it came in; of a large one the payload is read later."""

    envelope: Envelope
    payload: T | LargeMessage


class MessageHead(msgspec.Struct, frozen=True):
    """An envelope and the type of its payload, which is not decoded yet. No type: empty text.

    Of a large message *envelope* has no payload.
    """

    envelope: Envelope
    type: str
    large: LargeMessage | None = None


_encoder = msgspec.json.Encoder()
_envelope_decoder = msgspec.json.Decoder(Envelope)
_type_decoder = msgspec.json.Decoder(_Type)
# Goes through everything, and builds nothing of it.
_skipping_decoder = msgspec.json.Decoder(msgspec.Raw)
_key_decoder = msgspec.json.Decoder(_Key)
_order_decoder = msgspec.json.Decoder(_OrderKeyEnvelope)

_HALF_PAIR = re.compile(
    rb"\\u[dD](?:"
    rb"[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"  # a first half that no second one follows
    rb"|[c-fC-F](?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F])[0-9a-fA-F]{2})"  # a second half alone
)
MAX_MENDED = 100_000
"""Half pairs mended in one text; more is no accident. Bounds the time that a hostile text takes."""

QUOTED_CHARS = 200
"""So much of the beginning and the end of an error's words is told."""

_BOM = b"\xef\xbb\xbf"


def encode(value: object) -> bytes:
    """Return *value* (structs, dicts, lists, text, numbers) as compact JSON."""
    return _encoder.encode(value)


def mend_surrogates(data: bytes) -> bytes:
    """Replace escapes of half a surrogate pair by U+FFFD, as JavaScript does when it writes UTF-8.

    Runs over texts of any length in the event loop, so without a step of Python's for each escape: escaped
    backslashes are put out of sight as NULs, which no JSON holds, and what begins with one is then an escape.
    """
    if b"\0" in data:
        return data
    escapes = data.replace(b"\\\\", b"\0\0")
    return _HALF_PAIR.sub(rb"\\ufffd", escapes, MAX_MENDED).replace(b"\0\0", b"\\\\")


class _NotJson(Exception):
    """The text is no JSON; holds the parser's words."""


class _NotValid(Exception):
    """The JSON has another shape than was asked for; holds where and what."""


def _decode(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _NotValid(_shortened(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _NotJson(str(error)) from None
    except RecursionError:
        raise _NotJson("nested too deeply") from None


def _shortened(words: str) -> str:
    """Return the beginning and the end of *words*, which may quote whatever was sent."""
    return words if len(words) <= 2 * QUOTED_CHARS else f"{words[:QUOTED_CHARS]} … {words[-QUOTED_CHARS:]}"


def read_head(data: bytes) -> MessageHead:
    """Take the envelope of a body or frame apart, and find its payload's type.

    Raises:
        BadJson: no JSON.
        BadEnvelope: a member missing or of the wrong type; says which.
    """
    data = data.removeprefix(_BOM)
    try:
        envelope = _envelope_decoder.decode(data)
        return MessageHead(envelope, _type_decoder.decode(envelope.payload).type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_faulty_head(data)  # from the start, in steps that tell what is wrong, if it is


def _read_faulty_head(data: bytes) -> MessageHead:
    try:
        try:
            return _read_head(data)
        except _NotJson:
            return _read_head(mend_surrogates(data))
    except _NotJson as error:
        raise BadJson(f"This is no JSON: {error}. Send one JSON envelope as UTF-8 text.") from None
    except _NotValid as error:
        raise BadEnvelope(
            f"The envelope is wrong: {error}. It needs tid, src, dst (text), ttl (number) and payload (object)."
        ) from None


def _read_head(data: bytes) -> MessageHead:
    try:
        envelope = _decode(_envelope_decoder, data)
    except _NotValid:
        _check_json(data)  # the shape is looked at first: it may be no JSON further on
        raise
    try:
        kind = _decode(_type_decoder, envelope.payload).type
    except _NotValid:
        if not bytes(envelope.payload).lstrip().startswith(b"{"):
            raise
        kind = ""  # whatever a client sends; only text is a type
    return MessageHead(envelope, kind)


def _check_json(data: bytes) -> None:
    try:
        bytes(data).decode()  # what is skipped is not looked into
    except UnicodeDecodeError as error:
        raise _NotJson(str(error)) from None
    _decode(_skipping_decoder, data)


def decode_part(decoder: msgspec.json.Decoder[T], payload: msgspec.Raw) -> tuple[T, None] | tuple[None, str]:
    """Return what *decoder* finds in *payload*, or what is wrong with it."""
    try:
        return _decode(decoder, payload), None
    except (_NotValid, _NotJson) as error:
        return None, str(error)


def read_payload(decoder: msgspec.json.Decoder[T], head: MessageHead) -> T:
    """Decode the payload of *head*.

    Raises:
        BadRequest: says which member is missing, unknown in value or of the wrong type, or restricts in a way that
            is not kept.
    """
    try:
        payload = decoder.decode(head.envelope.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _, why = decode_part(decoder, head.envelope.payload)
        raise BadRequest(f"{head.type}: {why}.", type=head.type) from None
    restriction = find_restriction(payload) if isinstance(payload, Restrictable) else None
    if restriction is not None:
        raise BadRequest(f"{head.type}: `{restriction.member}`: {restriction.why}.", type=head.type)
    return payload


def read_key_of(payload: msgspec.Raw) -> str | None:
    """Return the chat context that *payload* is for; None: it names none."""
    found, _ = decode_part(_key_decoder, payload)
    return found.context_id if found is not None else None


def read_order_key(data: bytes, ordered_type: str) -> str | None:
    """Return the context id if *data* is a message of *ordered_type*, else None; never raises.

    A frame that is wrong has no order: it is answered with an error wherever it lands.
    """
    if ordered_type.encode() not in data and b"\\" not in data:
        return None  # written without escapes it would be there: so most messages need not be read for this
    data = data.removeprefix(_BOM)
    try:
        try:
            payload = _order_decoder.decode(data).payload
        except msgspec.ValidationError:
            return None
        except msgspec.DecodeError:
            payload = _order_decoder.decode(mend_surrogates(data)).payload
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return payload.context_id if payload.type == ordered_type else None


def write_reply(envelope: Envelope, payload: Response | dict[str, object]) -> bytes:
    """Return the reply to *envelope*: same tid, src and dst swapped, `ttl` 10."""
    return _encoder.encode(_ReplyEnvelope(envelope.tid, envelope.dst, envelope.src, REPLY_TTL, payload))


def write_event_head(envelope: Envelope) -> bytes:
    """Return the beginning of a further frame for *envelope*'s message: as a reply's, up to its payload."""
    whole = _encoder.encode(_ReplyEnvelope(envelope.tid, envelope.dst, envelope.src, REPLY_TTL, None))
    return whole.removesuffix(b"null}")


def write_event(payload: Response) -> bytes:
    """Return what follows `write_event_head`: *payload*, and the envelope's end."""
    return _encoder.encode(payload) + b"}"


def write_error(envelope: Envelope | None, error: VibesError) -> bytes:
    """Return *error* as a message's reply, or bare where there is no envelope (protocol.md 3)."""
    if envelope is None:
        return _encoder.encode({"type": "error", "message": error.message, "code": error.code} | error.detail)
    payload: dict[str, object] = {
        "type": ErrorReply.type_name,
        "message": error.message,
        "code": error.code,
        "error": {"message": error.message, "code": error.code},
    }
    return write_reply(envelope, payload | {k: v for k, v in error.detail.items() if k not in payload})


class ErrorReply(Response, frozen=True, kw_only=True, tag="vibes.diy.res-error"):
    """A failure, as a client reads it; further members (`detail`) stand beside these."""

    type_name: ClassVar[str] = "vibes.diy.res-error"
    message: str
    code: str
