"""Which requests may be sent a second time when nobody knows whether the first one arrived; pure.

A server keeps no list of the `tid`s that it has seen. So that is decided by what a request asks for: reading changes
nothing, and what names the thing that it makes finds it there the second time.
"""

from typing import TypeVar

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.chat import ReqEnsureChatContext
from vibes_trio.wire.deploy import ReqEnsureAppSlug

R = TypeVar("R", bound=Response)

REQUESTS = "vibes.diy.req-"
READING = (
    "list-",
    "read-",
    "get-",
    "search-",
    "find-",
    "compare-",
    "suggest-",
    "who-am-i",
    "has-",
    "export-",
)
"""What the names of messages that only read begin with, after `vibes.diy.req-`."""


def may_repeat(request: Request[R]) -> bool:
    """Say whether *request*, sent twice, does what it does once."""
    if isinstance(request, ReqEnsureAppSlug):
        return bool(request.app_slug and (request.user_slug or request.owner_handle))
    if isinstance(request, ReqEnsureChatContext):
        return isinstance(request.context_id, str)
    return str(request.__struct_config__.tag).removeprefix(REQUESTS).startswith(READING)
