"""Subscriptions: what is told of while it happens. Each event comes with the `tid` of the request that asked for it."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.errors import VibesError
from vibes_trio.wire.base import Request, Response, write_event
from vibes_trio.wire.chat import Origin
from vibes_trio.wire.deploy import Mode
from vibes_trio.wire.names import AppRequest, Owned


class ResSubscribeChatSections(
    Response, frozen=True, kw_only=True, tag="vibes.diy.res-subscribe-chat-sections"
):
    """It is subscribed; the sections follow. *subscription* names it to `unsubscribe`."""

    context_id: str
    subscription: str


class ReqSubscribeChatSections(
    Request[ResSubscribeChatSections],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-subscribe-chat-sections",
):
    """Tell me of the sections of a chat: those that are there, then each as it is appended.

    First those with a `seq` above *since* (all, without it); in order, none left out and none twice.

    Asked again on one connection it begins anew, with the new `tid`.
    """

    context_id: str
    since: int = -1


class EvtChatSection(Response, frozen=True, kw_only=True, tag="vibes.diy.evt-chat-section"):
    """A section."""

    context_id: str
    seq: int
    origin: Origin
    created: str
    blocks: msgspec.Raw


class ResSubscribeReleases(
    Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-subscribe-releases"
):
    """It is subscribed; how it is now follows."""

    app_slug: str
    subscription: str


class ReqSubscribeReleases(
    AppRequest[ResSubscribeReleases], frozen=True, kw_only=True, tag="vibes.diy.req-subscribe-releases"
):
    """Tell me of an app's newest releases, now and whenever they change.

    To others than its owner and editors, of what is published alone.
    """


class ToldRelease(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A release."""

    fs_id: str
    release_seq: int
    mode: Mode
    created: str


class EvtReleases(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.evt-releases"):
    """How an app is now: its *newest* release, and the one that is *published*, which its address shows.

    What lies between two events may not be told: only how it is.
    """

    app_slug: str
    newest: ToldRelease | UnsetType = UNSET
    published: ToldRelease | UnsetType = UNSET


class ResSubscribeApps(Response, frozen=True, kw_only=True, tag="vibes.diy.res-subscribe-apps"):
    """It is subscribed."""

    subscription: str


class ReqSubscribeApps(
    Request[ResSubscribeApps], frozen=True, kw_only=True, tag="vibes.diy.req-subscribe-apps"
):
    """Tell me whenever something of my apps has changed."""


class ToldApp(Owned, frozen=True, kw_only=True):
    """An app of mine."""

    app_slug: str


class EvtApps(Response, frozen=True, kw_only=True, tag="vibes.diy.evt-apps"):
    """Something of *apps* has changed; without them, of any: list them anew."""

    apps: tuple[ToldApp, ...] | UnsetType = UNSET


class ResUnsubscribe(Response, frozen=True, kw_only=True, tag="vibes.diy.res-unsubscribe"):
    """The subscription is over, if there was one."""

    subscription: str


class ReqUnsubscribe(Request[ResUnsubscribe], frozen=True, kw_only=True, tag="vibes.diy.req-unsubscribe"):
    """Tell me no more of that."""

    subscription: str


class EvtSubscriptionEnded(Response, frozen=True, kw_only=True, tag="vibes.diy.evt-subscription-ended"):
    """There is nothing more to tell: what it was about is gone, or yours to see no longer."""

    subscription: str
    code: str
    message: str


Stage = Literal["received", "compiled", "packages", "ready", "failed"]


class ResProgress(Response, frozen=True, kw_only=True, tag="vibes.diy.res-progress"):
    """How far a request is that takes a while.

    Attributes:
        bytes, files: of what was received.
        part_number, parts: packages that are there, of those that are needed.
        message: what failed.
    """

    stage: Stage
    bytes: int | UnsetType = UNSET
    files: int | UnsetType = UNSET
    part_number: int | UnsetType = UNSET
    parts: int | UnsetType = UNSET
    message: str = ""


def write_end(subscription: str, error: VibesError) -> bytes:
    """Return the event that *subscription* is over because of *error*, for `write_event_head`."""
    return write_event(
        EvtSubscriptionEnded(subscription=subscription, code=error.code, message=error.message)
    )
