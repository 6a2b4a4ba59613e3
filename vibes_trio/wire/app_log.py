"""What happened to an app: read back, or told while it happens."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.names import AppRequest, Owned

LogKind = Literal[
    "deployed",
    "refused",
    "packages-ready",
    "packages-failed",
    "published",
    "mode-set",
    "unpublished",
    "renamed",
    "deleted",
    "restored",
    "page-error",
]


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What happened.

    Attributes:
        number: grows by one with each entry of the app.
        created: when, ISO.
        by: who did it, a user id; without it the server did, by itself.
        fs_id, release_seq, mode: of the release that it is about.
        code: of the error, if it failed.
        words: more of it, for people.
    """

    number: int
    created: str
    kind: LogKind
    by: str = ""
    fs_id: str = ""
    release_seq: int = 0
    mode: str = ""
    code: str = ""
    words: str = ""


class ResReadAppLog(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-read-app-log"):
    """Entries, newest first."""

    app_slug: str
    items: tuple[LogEntry, ...]
    next_cursor: str = ""


class ReqReadAppLog(AppRequest[ResReadAppLog], frozen=True, kw_only=True, tag="vibes.diy.req-read-app-log"):
    """Tell what happened to an app, newest first, from the time *since* (ISO) on."""

    since: str = ""
    limit: int = 50
    cursor: str = ""


class ResSubscribeAppLog(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-subscribe-app-log"):
    """It is subscribed; the entries follow. *subscription* names it to `unsubscribe`."""

    app_slug: str
    subscription: str


class ReqSubscribeAppLog(
    AppRequest[ResSubscribeAppLog], frozen=True, kw_only=True, tag="vibes.diy.req-subscribe-app-log"
):
    """Tell me what happens to an app: entries numbered above *since* (all, without it), then each as it comes."""

    since: int = -1


class EvtAppLog(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.evt-app-log"):
    """An entry."""

    app_slug: str
    entry: LogEntry
