"""What is read of a long message before it is known who sends it: its head, and nothing else is built.

Runs in a process beside, see `beside/pool.py`.
"""

import msgspec

from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import Envelope, LargeMessage, MessageHead, decode_part, read_head, read_key_of

MAX_TYPE_CHARS = 200


class Bounds(msgspec.Struct, frozen=True):
    """How long the texts of a head may be that are cut."""

    token_chars: int
    key_chars: int


class LargeHead(msgspec.Struct, frozen=True):
    """The head of a long message.

    Attributes:
        order_key: see `read_order_key`; empty: it has none.
        fault: what is wrong with `auth`; empty: nothing.
    """

    tid: str
    src: str
    dst: str
    ttl: float
    type: str
    auth: DashAuth | None = None
    order_key: str = ""
    fault: str = ""


class _Auth(msgspec.Struct, frozen=True):
    auth: DashAuth | None = None


_auth_decoder = msgspec.json.Decoder(_Auth)


def read_large_head(data: bytes, bounds: Bounds, ordered_type: str) -> LargeHead:
    """Return the head of the message *data*; each of its texts is cut to what may be in it, so that it is short.

    Raises:
        BadJson, BadEnvelope: see `read_head`.
    """
    head = read_head(data)
    envelope = head.envelope
    auth, fault = decode_part(_auth_decoder, envelope.payload)
    key = read_key_of(envelope.payload) if head.type == ordered_type else None
    return LargeHead(
        envelope.tid,
        envelope.src,
        envelope.dst,
        envelope.ttl,
        head.type[:MAX_TYPE_CHARS],
        _cut(auth.auth, bounds) if auth is not None else None,
        "" if key is None else key[: bounds.key_chars],
        fault or "",
    )


def _cut(auth: DashAuth | None, bounds: Bounds) -> DashAuth | None:
    """Return *auth* with no more of its texts than is needed to refuse them."""
    if auth is None:
        return None
    return DashAuth(type=auth.type[:MAX_TYPE_CHARS], token=auth.token[: bounds.token_chars])


def large_message(data: bytes, head: LargeHead) -> MessageHead:
    """Return the message *data* with the *head* that was read of it, as the pipeline takes it."""
    envelope = Envelope(tid=head.tid, src=head.src, dst=head.dst, ttl=head.ttl, payload=msgspec.Raw(b""))
    return MessageHead(envelope, head.type, LargeMessage(data, head.auth, head.fault))
