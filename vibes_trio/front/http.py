"""Response heads and refusals, the same in both lanes.

Every answer carries Date, Content-Length, `X-Content-Type-Options: nosniff` and a Content-Security-Policy, unless it
is a page's and that may ask anybody. Those of the API, and no others, carry the four access-control headers
(protocol.md 1) as well, for whoever may read them. Nothing here knows sockets.
"""

import logging
import re
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from vibes_trio.config import Limits
from vibes_trio.content.policy import LOCKED
from vibes_trio.errors import BadRequest, Internal, Overloaded, TooLarge, VibesError
from vibes_trio.exchange import Reply
from vibes_trio.front.budget import Buffer
from vibes_trio.front.status import error_reply

log = logging.getLogger(__name__)

ANYBODY = "*"
_FOR_READERS: tuple[tuple[str, str], ...] = (
    ("Access-Control-Allow-Methods", "GET,POST,OPTIONS,PUT,DELETE"),
    ("Access-Control-Allow-Headers", "Origin, Content-Type, Accept"),
    ("Access-Control-Max-Age", "86400"),
)
_STATUS_LINES = {int(status): f"HTTP/1.1 {int(status)} {status.phrase}\r\n" for status in HTTPStatus}

# Text beyond ASCII goes out as UTF-8, as Quart writes it.
_TEXT = r"!-~\x80-\ud7ff\ue000-\U0010ffff"
_FIELD = re.compile(rf"[-!#$%&'*+.^_`|~0-9a-zA-Z]+: (?:[{_TEXT}](?:[\t {_TEXT}]*[{_TEXT}])?)?")

MAX_LOGGED_CHARS = 100
ALLOWED_METHODS = "GET, HEAD, POST, PUT, OPTIONS, DELETE, PATCH"
MAX_QUOTED_CHARS = 20
JOINED_BYTES = 8 * 1024
"""A body up to this is copied behind its head: that is cheaper than to send two pieces."""


class Refused(Exception):
    """A request that is answered by the front itself, whereupon the connection ends."""

    readers = ""
    """As in `Head`; until a head is read it is not known whether the API was asked."""

    def __init__(self, error: VibesError, status: int | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        reply = error_reply(error)
        headers = reply.headers
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = (*headers, ("allow", ALLOWED_METHODS))
        self.reply = Reply(status or reply.status, headers, reply.body)


def refuse_long_head(limits: Limits) -> Refused:
    """Return the refusal of a head over its limit."""
    limit = limits.max_head_bytes
    text = f"The request head is longer than {limit} bytes."
    return Refused(TooLarge(text, limit="max_head_bytes", value=limit), 431)


def refuse_long_body(limits: Limits) -> Refused:
    """Return the refusal of a body over its limit, said before it came or counted in chunks."""
    limit = limits.max_body_bytes
    return Refused(TooLarge(f"The body is longer than {limit} bytes.", limit="max_body_bytes", value=limit))


def refuse_slow() -> Refused:
    """Return the refusal of a head that did not arrive in its time, or a body that stopped."""
    return Refused(BadRequest("The request took too long to arrive."), 408)


def refuse_no_room() -> Refused:
    """Return the refusal of a request for which there is no room beside all others that arrive."""
    return Refused(Overloaded("Too many large requests at the moment; try again in a second."))


def refuse_broken_body() -> Refused:
    """Return the refusal of a body that ends early or is wrongly chunked."""
    return Refused(BadRequest("The body ends before its length is reached, or its chunks are malformed."))


def refuse_method(method: str) -> Refused:
    """Return the refusal of a *method* that is not in capitals: methods are case-sensitive (RFC 9110, 9.1)."""
    text = f"`{method[:MAX_QUOTED_CHARS]}` is no method: they are written in capitals."
    return Refused(BadRequest(text), HTTPStatus.METHOD_NOT_ALLOWED)


@lru_cache(maxsize=256)  # of both there are as many as the settings name
def site_headers(policy: str | None, readers: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of an answer that say what browsers may do with it.

    Args:
        policy: as in `Reply`.
        readers: as in `Head`.
    """
    policy = LOCKED if policy is None else policy
    headers = [("X-Content-Type-Options", "nosniff")]
    if policy:
        headers.append(("Content-Security-Policy", policy))
    if readers:
        headers += [("Access-Control-Allow-Origin", readers), *_FOR_READERS]
    if readers not in ("", ANYBODY):
        headers.append(("Vary", "Origin"))
    return tuple(headers)


@lru_cache(maxsize=256)
def _site_lines(policy: str | None, readers: str) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in site_headers(policy, readers))


def http_date(second: int | None = None) -> str:
    """Return the Date of an answer that is given at *second* (since 1970), now if None."""
    return _date_of(int(time.time()) if second is None else second)


@lru_cache(maxsize=2)  # a second has many answers
def _date_of(second: int) -> str:
    return formatdate(second, usegmt=True)


def sound(reply: Reply) -> Reply:
    """Return *reply*, or an internal error if one of its headers can't be written.

    A header's value may come from what a user stored (a mime type, say); a line break in it would let
    that user write headers, and bodies, of their own.
    """
    for name, value in reply.headers:
        if not _FIELD.fullmatch(f"{name}: {value}"):
            log.error("header %r of a reply can't be written: %r", name, value[:MAX_LOGGED_CHARS])
            return error_reply(Internal("The answer has a header that can't be written."))
    return reply


def content_length(reply: Reply) -> int | None:
    """Return what Content-Length says, or None where the answer must or may do without (RFC 9110, 8.6)."""
    if reply.status == HTTPStatus.NO_CONTENT:
        return None
    if reply.status == HTTPStatus.NOT_MODIFIED:
        return reply.length
    return len(reply.body) if reply.length is None else reply.length


def build_head(reply: Reply, *, readers: str = "", close: bool = False) -> bytes:
    """Return the head of a sound *reply*, its empty line included.

    Args:
        readers: as in `Head`.
        close: no other answer will follow.
    """
    length = content_length(reply)
    parts = [
        _STATUS_LINES.get(reply.status) or f"HTTP/1.1 {reply.status} \r\n",
        _site_lines(reply.policy, readers),
        f"Date: {http_date()}\r\n",
    ]
    parts += [f"{name}: {value}\r\n" for name, value in reply.headers]
    if length is not None:
        parts.append(f"Content-Length: {length}\r\n")
    parts.append("Connection: close\r\n\r\n" if close else "\r\n")
    return "".join(parts).encode()


def has_body(method: str, status: int) -> bool:
    """Return whether an answer to *method* with *status* is followed by its body."""
    return method != "HEAD" and status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


def build_response(
    reply: Reply, method: str, *, readers: str = "", close: bool = False
) -> tuple[Buffer, ...]:
    """Return the whole answer to a request with *method*, in parts; a large body is not copied.

    Args: as for `build_head`.
    """
    head = build_head(reply, readers=readers, close=close)
    return join_parts(head, reply.body) if has_body(method, reply.status) else (head,)


def join_parts(head: bytes, body: Buffer) -> tuple[Buffer, ...]:
    """Return *head* and *body* as what is sent: in one piece if they are small."""
    return (head, body) if len(body) > JOINED_BYTES else (b"".join((head, body)),)
