"""Apps and their versions: what there is of them."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.deploy import Mode
from vibes_trio.wire.names import AppRequest, Owned
from vibes_trio.wire.restrictions import Visibility


class Icon(msgspec.Struct, frozen=True, kw_only=True):
    """An app's icon: the asset, and its type."""

    cid: str
    mime: str


State = Literal["live", "dev", "down", "building", "failing"]


class AppNow(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How an app is now.

    Attributes:
        state: `live`, its address shows a release; `dev`, none was published; `down`, it was taken down. Of the release
            that is shown, else of the newest: `building`, its packages are being built; `failing`, some can't be.
        fs_id, release_seq, mode, created, size: of that release, created ISO, size in bytes. Empty: there is none.
        errors: how many different errors its page met of late.
    """

    state: State
    visibility: Visibility
    fs_id: str = ""
    release_seq: int = 0
    mode: Mode | UnsetType = UNSET
    created: str = ""
    size: int = 0
    errors: int = 0


class ListedApp(Owned, frozen=True, kw_only=True):
    """An app of the asker. *updated*: when something of it changed last; times are ISO, empty for never."""

    app_slug: str
    updated: str
    title: str = ""
    icon: Icon | UnsetType = UNSET
    pinned_at: str = ""
    never_published: bool = False
    unpublished_at: str = ""
    now: AppNow | UnsetType = UNSET


class ResListRecentVibes(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-recent-vibes"):
    """Some of the apps; *next_cursor* asks for those that follow."""

    items: tuple[ListedApp, ...]
    next_cursor: str = ""


class ReqListRecentVibes(
    Request[ResListRecentVibes], frozen=True, kw_only=True, tag="vibes.diy.req-list-recent-vibes"
):
    """List my apps: pinned ones first, then what changed last, or by `name`; with `search` in slug or title.

    At most *limit* (1 to 100) come at once. With `withNow` each says how it is `now`.
    """

    limit: int = 20
    cursor: str = ""
    include_unpublished: bool = True
    order: Literal["recent", "name"] = "recent"
    search: str = ""
    with_now: bool = False


class ResPinRecentVibe(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-pin-recent-vibe"):
    """Since when the app is pinned; empty: it is not."""

    app_slug: str
    pinned_at: str


class ReqPinRecentVibe(
    AppRequest[ResPinRecentVibe], frozen=True, kw_only=True, tag="vibes.diy.req-pin-recent-vibe"
):
    """Put an app first in the list of my apps, or no longer."""

    pin: bool


class Version(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A release of an app.

    Attributes:
        published: whether it is what the app's address shows now.
        size: of its files, in bytes.
        message: what its deploy was said to be for.
        deployed_by: user id of who deployed it; told to those who may deploy themselves.
        deployed_by_handle: the handle that they go by; empty: they have none.
    """

    fs_id: str
    mode: Mode
    release_seq: int
    created: str
    published: bool
    size: int = 0
    message: str = ""
    deployed_by: str = ""
    deployed_by_handle: str = ""


class ResListVersions(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-list-versions"):
    """Some of the releases, newest first; of an app that is not there for the asker, none.

    *unpublished_at*: since when it is taken down; told to those who may deploy it.
    """

    app_slug: str
    items: tuple[Version, ...]
    next_cursor: str = ""
    unpublished_at: str = ""


class ReqListVersions(
    AppRequest[ResListVersions], frozen=True, kw_only=True, tag="vibes.diy.req-list-versions"
):
    """List the releases of an app: all of them to its owner and editors, what was published to others."""

    limit: int = 100
    cursor: str = ""
