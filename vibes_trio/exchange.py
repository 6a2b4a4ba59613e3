"""What comes in and what goes out, whichever the transport: the records that front and dispatch share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

Cid = NewType("Cid", str)
FsId = NewType("FsId", str)
UserId = NewType("UserId", str)
AppSlug = NewType("AppSlug", str)
UserSlug = NewType("UserSlug", str)


@dataclass(frozen=True, slots=True)
class HttpIncoming:
    """One HTTP request with its whole body.

    Attributes:
        method: as sent, upper case.
        host: the Host header as sent, port included.
        target: the request target as sent (origin form: path and query).
        headers: names in lower case; duplicates joined with ", ".
        body: at most `limits.max_body_bytes`.
    """

    method: str
    host: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class MessageIncoming:
    """One message, posted or from a WebSocket: the undecoded JSON text."""

    data: bytes


Incoming = HttpIncoming | MessageIncoming


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, complete.

    Attributes:
        status: HTTP status. A WebSocket sends the body alone.
        headers: without the common ones (CORS, Date, Content-Length), which the front adds.
        body: uncompressed, or as `content-encoding` in *headers* says.
        length: for HEAD: what Content-Length says although *body* is empty. None: len(body).
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None
