"""A line in the access log for each answer over HTTP, where the operator asked for that; refused ones are always told.

What may be secret is left out: queries, bodies, and all headers but those that say which program asks. An answer that
was kept whole gets an id in the log alone: its bytes are the same for everybody.
"""

import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from time import perf_counter

from msgspec.structs import replace

from vibes_trio.errors import new_id
from vibes_trio.exchange import Reply
from vibes_trio.front.addresses import peer_address
from vibes_trio.front.budget import Buffer
from vibes_trio.front.heads import Head, join_fields
from vibes_trio.front.http import Refused
from vibes_trio.front.state import FAST, READY
from vibes_trio.front.status import REQUEST_ID
from vibes_trio.logs.access import AccessLog

log = logging.getLogger("vibes_trio.requests")

MAX_TEXT_CHARS = 500
"""Of what a client says of itself; the line of an answer stays short."""
MAX_ID_CHARS = 128
_STATUS = slice(9, 12)
"""Where the status stands in an answer's bytes."""


class Access:
    """Writes what is answered to *file*."""

    def __init__(self, file: AccessLog) -> None:
        self._file = file

    def named(self, reply: Reply) -> Reply:
        """Return *reply* with an id, if it has none."""
        return reply if id_of(reply) else replace(reply, headers=(*reply.headers, (REQUEST_ID, new_id())))

    def answered(self, sock: socket.socket, head: Head, reply: Reply, lane: str, began: float) -> Reply:
        """Write the line of *reply*; return it with its id, unless it is to be kept for others."""
        named = self.named(reply)
        size = len(reply.body) if head.method != "HEAD" else 0
        self.written(peer_address(sock), head, named, size, lane, began)
        return reply if reply.repeatable else named

    def written(self, client: str, head: Head, reply: Reply, size: int, lane: str, began: float) -> None:
        """Write the line of *reply*, of *size* bytes, that *lane* gave to *client* for *head*, since *began*."""
        self._file.write(
            {
                "id": id_of(reply),
                "client": client,
                "method": head.method,
                "host": head.host_name.name,
                "path": without_query(head.target),
                "status": reply.status,
                "bytes": size,
                "ms": round((perf_counter() - began) * 1000, 3),
                "lane": lane,
            }
            | _said(head.headers)
        )

    def ready(self, sock: socket.socket, data: bytes, answer: Sequence[Buffer]) -> None:
        """Write the line of a kept *answer*, whole, to the head that *data* is."""
        first, *lines = data.decode("latin-1").split("\r\n")[:-2]
        method, target, _ = first.split(" ")
        headers = join_fields([(n.lower(), v.strip()) for n, _, v in (s.partition(":") for s in lines)])
        start = bytes(answer[0])
        body = len(start) - start.index(b"\r\n\r\n") - 4 + sum(map(len, answer[1:]))
        self._file.write(
            {
                "id": new_id(),
                "client": peer_address(sock),
                "method": method,
                "host": headers.get("host", "").partition(":")[0].lower()[:MAX_TEXT_CHARS],
                "path": without_query(target),
                "status": int(start[_STATUS]),
                "bytes": body,
                "ms": 0.0,
                "lane": READY,
            }
            | _said(headers)
        )

    def refused(self, client: str, refused: Refused) -> None:
        """Write the line of what was refused before it was known what is asked."""
        reply = refused.reply
        self._file.write(
            {
                "id": id_of(reply),
                "client": client,
                "status": reply.status,
                "bytes": len(reply.body),
                "code": refused.error.code,
                "lane": FAST,
            }
        )


@contextmanager
def open_access(where: str) -> Iterator[Access | None]:
    """Give what writes to the file that the setting names; None: there shall be none.

    Raises:
        ConfigError: it can't be opened.
    """
    if not where:
        yield None
        return
    with closing(AccessLog(where)) as file:
        yield Access(file)


def note_refused(access: Access | None, sock: socket.socket, refused: Refused) -> None:
    """Tell of *refused* in the log, and in the access log, if there is one."""
    client = peer_address(sock)
    text = "refused %s of %s: %s (%s)"
    status, error = refused.reply.status, refused.error
    log.info(
        text, status, client or "?", error.message, error.request_id, extra={"kind": ("refused", status)}
    )
    if access is not None:
        access.refused(client, refused)


def without_query(target: str) -> str:
    """Return *target* as logs show it: what follows the path may be a token."""
    path, query, _ = target.partition("?")
    return path[:MAX_TEXT_CHARS] + ("?…" if query else "")


def id_of(reply: Reply) -> str:
    """Return the id that the headers of *reply* tell; empty: it has none."""
    return next((value for name, value in reply.headers if name.lower() == REQUEST_ID), "")


def _said(headers: Mapping[str, str]) -> dict[str, object]:
    """Return what a client says of itself: its program, the id that a proxy gave the request, and for whom it asks."""
    shown = {
        "agent": headers.get("user-agent", "")[:MAX_TEXT_CHARS],
        "forwarded": headers.get("x-forwarded-for", "")[:MAX_TEXT_CHARS],
        "given": headers.get(REQUEST_ID, "")[:MAX_ID_CHARS],
    }
    return {name: text for name, text in shown.items() if text}
