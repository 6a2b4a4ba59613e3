"""Typed calls: a request goes in, the response that its type names comes out.

async with connect("http://localhost:8787", lambda: DashAuth(type="device-id", token=token)) as api:
    res = await api.request(ReqEnsureChatContext())
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, get_args
from urllib.parse import urlsplit, urlunsplit

import msgspec

from vibes_trio import errors
from vibes_trio.client.connection import CannotConnect, NoWebSocket, open_connection
from vibes_trio.client.posts import open_posts
from vibes_trio.config import Limits
from vibes_trio.errors import Overloaded, RequireLogin, TransformFailed, VibesError
from vibes_trio.wire.auth import DashAuth
from vibes_trio.wire.base import ErrorReply, Request, Response

R = TypeVar("R", bound=Response)

WS_PATH = "/v1/ws"
_SCHEMES = MappingProxyType({"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"})
_TOLD = frozenset({"type", "message", "code", "error"})

# Errors whose construction takes a message and a detail; the others have a case in `read_error`.
_BY_CODE: MappingProxyType[str, type[VibesError]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            errors.BadJson,
            errors.BadEnvelope,
            errors.BadRequest,
            errors.NotOwner,
            errors.LimitReached,
            errors.NotFound,
            errors.SlugTaken,
            errors.TooLarge,
            errors.NoSuchSlugLeft,
            errors.UnknownType,
            errors.Internal,
        )
    }
)


class Exchange(Protocol):
    """What carries messages: a WebSocket (`Connection`), or a POST for each (`Posts`).

    Attributes:
        hint: what whoever runs the server should know of how it is reached; empty: nothing.
        clock_ahead_s: how far this machine's clock is ahead of the server's; None: it isn't known.
    """

    hint: str
    clock_ahead_s: float | None

    async def exchange(self, payload: msgspec.Struct) -> msgspec.Raw:
        """Send *payload*; return the payload of the reply. See `Connection.exchange`."""


class Api:
    """The messages of a server, over one connection; any number of tasks may use it at once.

    Args:
        auth: asked for credentials before each request, as tokens are short-lived.
    """

    def __init__(self, connection: Exchange, auth: Callable[[], DashAuth]) -> None:
        self._connection = connection
        self._auth = auth

    @property
    def hint(self) -> str:
        """See `Exchange`."""
        return self._connection.hint

    @property
    def clock_ahead_s(self) -> float | None:
        """See `Exchange`."""
        return self._connection.clock_ahead_s

    async def request(self, request: Request[R]) -> R:
        """Send *request*, with credentials unless it has some, and return its response.

        Raises:
            VibesError: the server refused; the class is that of the error's code, and plain VibesError
                (with `code` in its detail) for a code that isn't known here.
            ConnectionLost, RequestTimedOut: no reply; the server may have done the work all the same.
        """
        if request.auth is None:
            request = msgspec.structs.replace(request, auth=self._auth())
        payload = await self._connection.exchange(request)
        kind = response_type(type(request))
        try:
            reply: R | ErrorReply = msgspec.json.decode(payload, type=kind | ErrorReply)
        except msgspec.ValidationError as error:
            raise VibesError(f"The server's reply is none to this message: {error}.") from error
        if isinstance(reply, ErrorReply):
            raise read_error(reply, msgspec.json.decode(payload))
        return reply


@asynccontextmanager
async def connect(
    url: str, auth: Callable[[], DashAuth], *, limits: Limits | None = None
) -> AsyncIterator[Api]:
    """Connect to the server at *url* (`http:`, `https:`, `ws:`, `wss:`) for the length of the context.

    Where only HTTP gets through, each message is a POST of its own.

    Raises:
        CannotConnect: nobody answers there, or not as a server would. Other errors are those of the block.
    """
    limits = limits or Limits()
    address = websocket_url(url)
    async with AsyncExitStack() as stack:
        connection: Exchange
        try:
            connection = await stack.enter_async_context(open_connection(address, limits))
        except NoWebSocket as error:
            posted_to = "http" + address.removeprefix("ws")
            connection = await stack.enter_async_context(open_posts(posted_to, limits, error))
        yield Api(connection, auth)


def websocket_url(url: str) -> str:
    """Return where the WebSocket of the server at *url* is; a path that is given is kept.

    Raises:
        CannotConnect: *url* is no address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise CannotConnect(f"{url}: is no address: {error}.") from error
    if parts.scheme not in _SCHEMES or not host:
        raise CannotConnect(f"{url}: is no address. Give one like http://localhost:8787.")
    path = parts.path if parts.path.strip("/") else WS_PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


def response_type(request: type[Request[R]]) -> type[R]:
    """Return the response that *request* names as its parameter."""
    # typing.get_original_bases is not there before Python 3.12.
    bases: tuple[type, ...] = request.__orig_bases__  # type: ignore[attr-defined]
    found: type[R] = next(get_args(base)[0] for base in bases if get_args(base))
    return found


# Any: what members an error has besides the declared ones is decided by its code.
def read_error(reply: ErrorReply, payload: dict[str, Any]) -> VibesError:
    """Return the error that *reply* stands for; *payload* is the same, undecoded into a type."""
    detail = {name: value for name, value in payload.items() if name not in _TOLD}
    if reply.code == RequireLogin.code:
        return RequireLogin("refused by the server", reply.message)
    if reply.code == Overloaded.code:
        return Overloaded(reply.message)
    if reply.code == TransformFailed.code:
        return _transform_failed(reply.message, detail)
    kind = _BY_CODE.get(reply.code)
    return (
        VibesError(reply.message, code=reply.code, **detail)
        if kind is None
        else kind(reply.message, **detail)
    )


def _transform_failed(message: str, detail: dict[str, Any]) -> TransformFailed:
    filename = str(detail.get("filename", ""))
    line, column = (n if isinstance(n := detail.get(name), int) else 0 for name in ("line", "column"))
    where = f"{filename}:{line}:{column}: " if line else f"{filename}: "
    return TransformFailed(message.removeprefix(where), filename=filename, line=line, column=column)
