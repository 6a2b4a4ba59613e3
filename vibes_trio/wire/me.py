"""Who asks: what they are called here, what they may keep, what they have set."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.names import Owned, OwnedRequest
from vibes_trio.wire.people import UserRole


class Held(msgspec.Struct, frozen=True):
    """How much somebody keeps of something, and how much they may."""

    used: int
    limit: int


class ResWhoAmI(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-who-am-i"):
    """Who is signed in. `ownerHandle` is the handle that is taken where none is named; empty: there is none.

    Attributes:
        email: as the credentials say; may be empty.
        usage: by what is kept: `handles`, `apps`, `releases`, `appBytes`, `chats`, `chatSections`, `chatBytes`.
        app_url: where apps are, with `{app}` and `{handle}` to be put in.
        name: of who asks, as the operator calls them; empty: they are known by their credentials alone.
        role: `operator`: they run this server.
        version: of this server.
        abilities: the messages that it answers.
    """

    user_id: str
    email: str
    handles: tuple[str, ...]
    usage: dict[str, Held]
    app_url: str
    version: str
    abilities: tuple[str, ...]
    name: str = ""
    role: UserRole = "user"


class ReqWhoAmI(Request[ResWhoAmI], frozen=True, kw_only=True, tag="vibes.diy.req-who-am-i"):
    """Who am I, what do I keep, and what can this server do"""


class Handle(Owned, frozen=True, kw_only=True):
    """A handle of the asker's. *tenant* is the newer clients' and always empty."""

    tenant: str
    created: str
    app_slug_count: int


class ResListUserSlugBindings(
    Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-user-slug-bindings"
):
    """Some of the handles, newest first."""

    items: tuple[Handle, ...]
    next_cursor: str = ""


class ReqListUserSlugBindings(
    Request[ResListUserSlugBindings], frozen=True, kw_only=True, tag="vibes.diy.req-list-user-slug-bindings"
):
    """List my handles"""

    limit: int = 100
    cursor: str = ""


class ResCreateUserSlugBinding(
    Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-create-user-slug-binding"
):
    """The handle, which is the asker's now."""

    tenant: str
    created: str


class ReqCreateUserSlugBinding(
    OwnedRequest[ResCreateUserSlugBinding],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-create-user-slug-binding",
):
    """Take a handle, or, where none is named, one of three random words"""


class ResSuggestHandleCandidates(
    Response, frozen=True, kw_only=True, tag="vibes.diy.res-suggest-handle-candidates"
):
    """Handles that are free now: of random words, and made of the asker's e-mail address."""

    word_slugs: tuple[str, ...]
    clerk_suggestions: tuple[str, ...]
    ranked: tuple[str, ...]


class ReqSuggestHandleCandidates(
    Request[ResSuggestHandleCandidates],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-suggest-handle-candidates",
):
    """Suggest handles that are free"""

    count: int = 3


class HandleApps(Owned, frozen=True, kw_only=True):
    """A handle and its apps."""

    user_id: str
    app_slugs: tuple[str, ...]


class ResListUserSlugAppSlug(
    Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-user-slug-app-slug"
):
    """Handles, newest first, and the apps under each."""

    items: tuple[HandleApps, ...]


class ReqListUserSlugAppSlug(
    OwnedRequest[ResListUserSlugAppSlug],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-list-user-slug-app-slug",
):
    """List my handles with the slugs of their apps, or those that are named"""

    app_slug: str = ""


Setting = dict[str, msgspec.Raw]
"""An item of somebody's settings: its `type`, of which there is one, and whatever belongs to it."""


class ResEnsureUserSettings(Response, frozen=True, kw_only=True, tag="vibes.diy.res-ensure-user-settings"):
    """All that is set. Times are ISO."""

    user_id: str
    settings: tuple[Setting, ...]
    updated: str
    created: str


class ReqEnsureUserSettings(
    Request[ResEnsureUserSettings], frozen=True, kw_only=True, tag="vibes.diy.req-ensure-user-settings"
):
    """Read my settings, and replace items of them; each is whole, and there is one of a `type`"""

    settings: tuple[Setting, ...] = ()


class DefaultHandle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The handle that is taken where none is named."""

    type: Literal["defaultHandle"] = "defaultHandle"
    owner_handle: str
