"""The one table from wire code to HTTP status (protocol.md section 3), and what an error looks like over HTTP."""

from collections.abc import Mapping

from vibes_trio.errors import Overloaded, VibesError
from vibes_trio.exchange import Reply
from vibes_trio.wire.base import Envelope, write_error

STATUS: Mapping[str, int] = {
    "bad-json": 400,
    "bad-envelope": 400,
    "bad-request": 400,
    "require-login": 401,
    "not-owner": 403,
    "not-operator": 403,
    "limit-reached": 403,
    "not-found": 404,
    "slug-taken": 409,
    "too-large": 413,
    "transform-failed": 422,
    "unknown-type": 501,
    "no-such-slug-left": 503,
    "overloaded": 503,
    "internal": 500,
}

TOO_LONG = "This took too long; try again later."

REQUEST_ID = "x-request-id"
JSON_HEADERS: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


def error_reply(error: VibesError, envelope: Envelope | None = None) -> Reply:
    """Return *error* as a reply: in *envelope*'s answer, or bare where there is none.

    The id of the request goes into a header: bodies are as the reference has them.
    """
    headers = (*JSON_HEADERS, (REQUEST_ID, error.request_id))
    if isinstance(error, Overloaded):
        headers = (*headers, ("retry-after", str(error.retry_after_s)))
    return Reply(STATUS[error.code], headers, write_error(envelope, error))
