"""Browsers that are signed in."""

import msgspec

from vibes_trio.wire.base import Request, Response


class Session(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A browser that I am signed in with. Times are ISO; *used*: last, to some minutes; *current*: it asks this."""

    session_id: str
    browser: str
    created: str
    used: str
    expires: str
    current: bool = False


class ResListSessions(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-sessions"):
    """Some of the sessions, newest first."""

    items: tuple[Session, ...]
    next_cursor: str = ""


class ReqListSessions(Request[ResListSessions], frozen=True, kw_only=True, tag="vibes.diy.req-list-sessions"):
    """List the browsers that I am signed in with"""

    limit: int = 100
    cursor: str = ""


class ResRevokeSession(Response, frozen=True, kw_only=True, tag="vibes.diy.res-revoke-session"):
    """So many browsers were signed out."""

    revoked: int


class ReqRevokeSession(
    Request[ResRevokeSession], frozen=True, kw_only=True, tag="vibes.diy.req-revoke-session"
):
    """Sign a browser of mine out, everywhere within a second; none named: all others than the one that asks"""

    session_id: str = ""
