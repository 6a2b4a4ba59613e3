"""What a page gets and gives: `Visit`, `Shown`; and how it is declared: `Page`.

A page has no powers of its own: what it shows of somebody's it asks for by the messages that any client sends
(`Visit.ask`), as whoever is signed in.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from vibes_trio.context import App
from vibes_trio.exchange import Answer, MessageIncoming, Reply
from vibes_trio.storage.sessions import Session
from vibes_trio.wire.base import Request, Response, encode
from vibes_trio.wire.replies import read_reply

R = TypeVar("R", bound=Response)

NAME = "page"
_TID_BYTES = 9


class _Answered(msgspec.Struct, frozen=True):
    payload: msgspec.Raw


_answer_decoder = msgspec.json.Decoder(_Answered)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody opens a page.

    Attributes:
        session: the browser's, if somebody is signed in.
        token: what it showed of that; not to be put into a page.
        path: as asked for; *query*: what follows, the last of each name.
        headers: in lower case.
        client: the address that it comes from.
    """

    app: App
    session: Session | None
    token: str = field(repr=False)
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    client: str
    answer: Answer = field(repr=False)

    @property
    def is_operator(self) -> bool:
        """Whether who is signed in runs the server. What they may the messages decide."""
        return self.session is not None and self.session.role == "operator"

    def may_open(self, page: "Page") -> bool:
        """Whether *page* is for them."""
        return self.is_operator if page.operators else self.session is not None or not page.signed_in

    # Any: as of Request; the response is typed.
    async def ask(self, request: Request[R]) -> R:
        """Return the response to *request*, sent as whoever is signed in (as nobody, if nobody is).

        Raises:
            VibesError: it was refused.
        """
        return read_reply(type(request), await self.ask_raw(msgspec.to_builtins(request)))

    # Any: JSON.
    async def ask_raw(self, payload: Mapping[str, Any]) -> msgspec.Raw:
        """As `ask`, of a payload with its `type`; return that of the reply, whatever it is."""
        members = {name: value for name, value in payload.items() if name != "auth"}
        message = {
            "tid": secrets.token_hex(_TID_BYTES),
            "src": NAME,
            "dst": NAME,
            "ttl": 1,
            "payload": members,
        }
        answered = self.answer(MessageIncoming(encode(message), self.client, session=self.token), None)
        reply = answered if isinstance(answered, Reply) else await answered
        return _answer_decoder.decode(reply.body).payload


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: a template, what is put into it, the HTTP status, and further headers.

    *sources*: what the Content-Security-Policy allows besides, as of `Page`, where that depends on what is shown.
    """

    template: str
    given: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GoTo:
    """The browser is sent to another page of this server's: a path."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


Show = Callable[..., Awaitable[Shown | GoTo]]
"""Takes the visit, and the variable parts of the path by name."""
Sources = Callable[[App], Mapping[str, Sequence[str]]]


def no_sources(app: App) -> Mapping[str, Sequence[str]]:
    """Return that a page asks nobody else."""
    return {}


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        show: makes it.
        signed_in: it is for whoever is signed in; others are sent to sign in first, and come back.
        operators: it is for whoever runs the server.
        nav: what the header calls it; empty: it isn't there.
        sources: what its Content-Security-Policy allows besides what all have, by directive: `frame-src`, say.
    """

    show: Show
    signed_in: bool = False
    operators: bool = False
    nav: str = ""
    sources: Sources = no_sources
