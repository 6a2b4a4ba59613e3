"""What a server answered, as a typed response or as the error that it stands for; pure."""

from types import MappingProxyType
from typing import Any, TypeVar, get_args

import msgspec

from vibes_trio import errors
from vibes_trio.errors import Overloaded, RequireLogin, TransformFailed, VibesError
from vibes_trio.wire.base import ErrorReply, Request, Response

R = TypeVar("R", bound=Response)

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
            errors.NotOperator,
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


def response_type(request: type[Request[R]]) -> type[R]:
    """Return the response that *request* names as its parameter."""
    # typing.get_original_bases is not there before Python 3.12.
    bases: tuple[type, ...] = request.__orig_bases__  # type: ignore[attr-defined]
    found: type[R] = next(get_args(base)[0] for base in bases if get_args(base))
    return found


def read_reply(request: type[Request[R]], payload: msgspec.Raw) -> R:
    """Return the response in *payload*, the reply to a *request*.

    Raises:
        VibesError: the server refused; the class is that of the error's code, and plain VibesError (with `code` in
            its detail) for a code that isn't known here. Or the reply is none to that request.
    """
    kind = response_type(request)
    try:
        reply: R | ErrorReply = msgspec.json.decode(payload, type=kind | ErrorReply)
    except msgspec.DecodeError as error:
        raise VibesError(f"The server's reply is none to this message: {error}.") from error
    if isinstance(reply, ErrorReply):
        raise read_error(reply, msgspec.json.decode(payload))
    return reply


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
