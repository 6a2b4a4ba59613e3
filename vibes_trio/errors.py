"""What can go wrong, by whose fault, under which wire code.

One class a code of protocol.md section 3. Services, storage and content raise these; `front` turns a
code into an HTTP status (its one table), and every transport writes the same members. The message is
for the person who has to mend it: what is wrong, where, what to do. It never holds a stack, SQL or a
path of the server.
"""

import secrets
from functools import cached_property
from typing import ClassVar


class VibesError(Exception):
    """An error that a client is told about.

    Args:
        message: what is wrong and where, for the person who has to mend it.
        detail: further members of the reply (JSON values), for example `limit=10`.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, **detail: object) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    @cached_property
    def request_id(self) -> str:
        """What the log and the answer call the request that it is told of."""
        return new_id()


def new_id() -> str:
    """Return a name for a request that no other has."""
    return secrets.token_hex(6)


class BadJson(VibesError):
    """The body or frame is no JSON."""

    code = "bad-json"


class BadEnvelope(VibesError):
    """An envelope member is missing, of the wrong type or too long."""

    code = "bad-envelope"


class BadRequest(VibesError):
    """A known message with a member missing, unknown in value or of the wrong type."""

    code = "bad-request"


class RequireLogin(VibesError):
    """No, unknown or refused credentials.

    The wire text is one for all reasons but those that give nothing away; *reason* (a code of auth.md 2.8) is for
    the log only.
    """

    code = "require-login"

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(
            message or "Authentication required: sign in and send a valid token in `auth`.",
        )
        self.reason = reason


class NotOwner(VibesError):
    """It exists and belongs to someone else."""

    code = "not-owner"


class NotOperator(VibesError):
    """Only whoever runs the server may."""

    code = "not-operator"


class LimitReached(VibesError):
    """A limit of the user is used up; the detail names it (`limit`, `value`)."""

    code = "limit-reached"


class NotFound(VibesError):
    """What was asked for is not here."""

    code = "not-found"


class SlugTaken(VibesError):
    """The user slug belongs to someone else."""

    code = "slug-taken"


class TooLarge(VibesError):
    """Body, frame, file or number of files over its limit; the detail names it."""

    code = "too-large"


class TransformFailed(VibesError):
    """A source does not compile: `filename`, `line` and `column` (from 1), the parser's *words*."""

    code = "transform-failed"

    def __init__(self, message: str, *, filename: str, line: int = 0, column: int = 0) -> None:
        where = f"{filename}:{line}:{column}" if line else filename
        super().__init__(f"{where}: {message}", filename=filename, line=line, column=column)
        self.words, self.line, self.column = message, line, column


class NoSuchSlugLeft(VibesError):
    """Every random slug that was tried is taken."""

    code = "no-such-slug-left"


class UnknownType(VibesError):
    """No handler for this message type."""

    code = "unknown-type"


class Overloaded(VibesError):
    """Too much at once; the client should come back after `retry_after_s`."""

    code = "overloaded"

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Internal(VibesError):
    """Anything unforeseen; the message names an id that is in the log."""

    code = "internal"


def forget_traces(error: BaseException) -> None:
    """Take the traceback from *error* and from those it came of.

    For errors that some object keeps: a traceback holds the frames it went through, and with them, as a rule, that
    very object. Such a circle stays until the collector comes by, with every body and message in its frames.
    """
    known: BaseException | None = error
    while known is not None and known.__traceback__ is not None:
        known.__traceback__ = None
        known = known.__cause__ or known.__context__


class ConfigError(Exception):
    """A setting can't be used. Ends start-up; the message names the setting and what it takes."""


class FetchFailed(OSError):
    """Something outside could not be fetched: unreachable, refused, too large, over its time.

    Args:
        message: what was asked for and what happened, for the operator; never holds credentials.
        status: the HTTP status that came, 0 when none did.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class FetchTooLong(FetchFailed):
    """What came has more bytes than were asked for at most."""


class ModuleFailed(Exception):
    """A package can't be used: hostile or broken archive, wrong hash, missing entry, failed build."""
