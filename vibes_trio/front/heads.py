"""Request heads: bytes in, a `Head` that may be answered or a refusal out.

Two readers, one policy. `_SIMPLE` is a grammar for what nearly all clients send, written as a strict subset
of what h11 accepts (same token, no folding, no duplicates); it costs as much as the C parser and leaves
nothing to check afterwards. Whatever it does not match is read by h11, the same h11 that Hypercorn uses,
and what h11 refuses is refused. So no head can mean one thing in the fast lane and another in the full one.
"""

import re
from collections.abc import Mapping, Sequence

import h11
import msgspec

from vibes_trio.browsers import is_own_page
from vibes_trio.config import Limits
from vibes_trio.errors import BadRequest, forget_traces
from vibes_trio.exchange import HostName
from vibes_trio.front.http import ANYBODY, Refused, refuse_long_body, refuse_method
from vibes_trio.urls import ANY, ANY_SITE, FORMS, MODULES, Site, normalize_path, parse_host

_SIMPLE = re.compile(
    rb"(GET|HEAD|POST|PUT) (/[!-~]*) HTTP/1\.1\r\n"
    rb"((?:[-!#$%&'*+.^_`|~0-9a-zA-Z]+:[\t -~\x80-\xff]*\r\n)+)\r\n"
)
_LENGTH = re.compile(r"[0-9]{1,18}")
_SCHEME = re.compile(r"https?://")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)

# With one of these a request is not simple: they change how it is framed or who speaks next.
_NOT_SIMPLE = frozenset({"transfer-encoding", "expect", "upgrade", "http2-settings"})
FRAMING_HEADERS = _NOT_SIMPLE | {"host", "connection", "content-length"}
"""The headers that decide whom a request is for, where it ends, and whether it is simple."""
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})


class Head(msgspec.Struct, frozen=True):
    """One request head that may be answered.

    Attributes:
        method: as sent, with no letter in lower case.
        host: the Host header as sent; *host_name* is what it names.
        target: path and query; of an absolute target what follows the host.
        fields: as sent, in order, names in lower case.
        headers: the same by name, values of a repeated header joined with ", ".
        length: bytes of body that follow; None: the body comes in chunks.
        close: the client sends nothing more after this request.
        simple: the fast lane may answer it.
        upgrade: it asks for a WebSocket.
        readers: pages of which origin may read the answer: `*`, one, or none (empty). Only the API is for others
            than its own pages.
    """

    method: str
    host: str
    host_name: HostName
    target: str
    fields: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    length: int | None
    close: bool = False
    simple: bool = False
    upgrade: bool = False
    readers: str = ""

    @property
    def is_of_app(self) -> bool:
        """Whether it asks for something of an app, or for a module that apps load, rather than the API."""
        # A path with dots may be a module's once they are resolved.
        return self.host_name.app is not None or normalize_path(self.target).startswith(MODULES)


def find_head_end(data: bytes) -> int:
    """Return where the first head in *data* ends, its empty line included; 0: not yet.

    Lines may end without a carriage return, as h11 reads them: whoever looks only for CRLF CRLF takes the
    end of the *second* request for that of the first, and its head for a part of the first's.
    """
    end = data.find(b"\n\r\n")
    bare = data.find(b"\n\n", 0, end + 2) if end >= 0 else data.find(b"\n\n")
    if bare >= 0:
        return bare + 2
    return end + 3 if end >= 0 else 0


def parse_head(data: bytes, limits: Limits, site: Site = ANY_SITE) -> Head:
    """Return the head that *data* is, exactly: a request line, headers and the empty line.

    Raises:
        Refused: it is no request, or none that is answered here.
    """
    head = _read_simple(data, site) or _read_any(data, site)
    if ANY not in site.origins:
        _check_origin(head, site)
    if head.length is not None and head.length > limits.max_body_bytes:
        raise refused_for(head, refuse_long_body(limits))
    return head


def refused_for(head: Head, refused: Refused) -> Refused:
    """Return *refused* as the answer to *head*: whoever may read that may read this."""
    refused.readers = head.readers
    return refused


def join_fields(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name, values of repeated ones joined with ", "."""
    headers: dict[str, str] = {}
    for name, value in fields:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def origin_form(target: str, host: str) -> str:
    """Return the path and query that *target* asks of *host*.

    Raises:
        Refused: it is for another host, or no target at all.
    """
    if target.startswith("/") or target == "*":
        return target
    match = _ABSOLUTE.fullmatch(target)
    if match is None or match[1].lower() != host.lower():
        raise Refused(BadRequest("The request target must be a path, or an address of the host in `Host`."))
    rest = match[2]
    return rest if rest.startswith("/") else f"/{rest}"


def _readers_of(host: HostName, target: str, headers: Mapping[str, str], site: Site) -> str:
    """Return `Head.readers`."""
    if host.app is not None or normalize_path(target).startswith(MODULES):
        return ""
    if ANY in site.origins:
        return ANYBODY
    origin = headers.get("origin", "")
    return origin if origin in site.origins else ""


def _check_origin(head: Head, site: Site) -> None:
    """Refuse a message, or a WebSocket for some, from a page that may send none. Programs name no origin."""
    origin = head.headers.get("origin")
    sends = head.upgrade or head.method in ("POST", "PUT")
    if sends and origin is not None and origin not in site.origins and head.host_name.app is None:
        if normalize_path(head.target) in FORMS and _SCHEME.sub("", origin) == head.host.lower():
            return  # a form of this server's own page
        if head.upgrade and is_own_page(head.headers, head.host, site.protocol):
            return
        text = "Pages of this origin may not send messages here: VIBES_API_ORIGINS does not name it."
        raise Refused(BadRequest(text), 403)


def _read_simple(data: bytes, site: Site = ANY_SITE) -> Head | None:
    """Return a simple head, or None: something about it is unusual, so h11 shall look at it."""
    match = _SIMPLE.fullmatch(data)
    if match is None:
        return None
    lines = match[3].decode("latin-1").split("\r\n")
    lines.pop()  # what is after the last line's end
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    if len(headers) != len(lines) or not _NOT_SIMPLE.isdisjoint(headers):
        return None
    connection = headers.get("connection", "keep-alive").lower()
    host = headers.get("host", "")
    host_name = parse_host(host, site)
    method = match[1].decode()
    length = headers.get("content-length")
    if host_name is None or connection not in ("keep-alive", "close"):
        return None
    if (length is None) != (method in ("GET", "HEAD")) or (
        length is not None and not _LENGTH.fullmatch(length)
    ):
        return None
    target = match[2].decode()
    return Head(
        method,
        host,
        host_name,
        target,
        (),
        headers,
        int(length or 0),
        close=connection == "close",
        simple=True,
        readers=_readers_of(host_name, target, headers, site),
    )


def _read_any(data: bytes, site: Site) -> Head:
    """Return what h11 makes of *data*, if our rules allow it (platform-and-reliability.md 1.3).

    Raises:
        Refused: h11 or one of our rules refuses it.
    """
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=len(data))
    reader.receive_data(data)
    try:
        request = reader.next_event()
    except h11.RemoteProtocolError as error:
        forget_traces(error)  # h11 raises it in a method of its own, whose frame holds it
        raise Refused(
            BadRequest(f"This is no HTTP request: {_reason(error)}."), error.error_status_hint
        ) from error
    assert isinstance(request, h11.Request)  # the caller found its end
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    headers = join_fields(fields)
    method, version = request.method.decode(), request.http_version.decode()
    _check(method, version, headers)
    host = headers["host"]
    host_name = parse_host(host, site)
    if host_name is None:
        raise Refused(BadRequest("The Host header must name one host, in plain ASCII, with or without port."))
    target = origin_form(request.target.decode("latin-1"), host)
    if target == "*" and method != "OPTIONS":
        raise Refused(BadRequest("Only OPTIONS may ask for `*`."))
    chunked = "transfer-encoding" in headers
    length = None if chunked else int(headers.get("content-length", "0"))
    upgrade = method == "GET" and version == "1.1" and _wants_websocket(headers)
    if upgrade and length != 0:
        raise Refused(BadRequest("A request for a WebSocket must have no body."))
    readers = _readers_of(host_name, target, headers, site)
    return Head(method, host, host_name, target, fields, headers, length, upgrade=upgrade, readers=readers)


def _check(method: str, version: str, headers: Mapping[str, str]) -> None:
    if version not in ("1.0", "1.1"):
        raise Refused(BadRequest("Only HTTP/1.1 and HTTP/1.0 are spoken here."), 505)
    if method in _REFUSED_METHODS:
        raise Refused(BadRequest(f"{method} is not answered here."), 405)
    if method != method.upper():
        raise refuse_method(method)
    if "host" not in headers:
        raise Refused(BadRequest("A Host header is needed."))
    if "transfer-encoding" in headers and "content-length" in headers:
        # Which of the two counts is a matter of taste, and smuggling lives on differences in taste.
        raise Refused(BadRequest("Content-Length and Transfer-Encoding exclude each other."))


def _wants_websocket(headers: Mapping[str, str]) -> bool:
    return "websocket" in _tokens(headers.get("upgrade", "")) and "upgrade" in _tokens(
        headers.get("connection", "")
    )


def _tokens(value: str) -> set[str]:
    return {token.strip(" \t").lower() for token in value.split(",")}


def _reason(error: h11.RemoteProtocolError) -> str:
    """Return h11's words without the bytes that it quotes: they are the client's, and may be anything."""
    return str(error).split(":", 1)[0].split("{", 1)[0].strip()
