"""What the page round an app asks: what to hand to the app in it, and who looks at it. Apps may ask the latter, too."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.names import AppRequest, Owned

Level = Literal["none", "viewer", "editor", "override"]


class Viewer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody who looks at an app, as the app may know them."""

    user_handle: str
    display_name: str


class ResWhoAmI(Response, frozen=True, kw_only=True, tag="vibe.res.whoAmI"):
    """Who looks at an app.

    Attributes:
        viewer: null: nobody who is signed in.
        access: what they may do with it; an owner is an `editor`, or in admin mode `override`.
        needs_handle: they are signed in and have no handle.
    """

    tid: str
    viewer: Viewer | None
    access: Level
    is_owner: bool
    needs_handle: bool
    admin_mode: bool
    signed_out: bool


class ReqWhoAmI(AppRequest[ResWhoAmI], frozen=True, kw_only=True, tag="vibe.req.whoAmI"):
    """Who looks at an app, and what may they"""

    tid: str = ""
    admin_mode: bool = False


class ResHandOff(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-hand-off"):
    """What the page round an app hands to it: a token of this app and this visitor.

    Attributes:
        expires: Unix seconds; *valid_s*: how long that is from now.
        entry: lets the visitor's browser into a private app, on its host; empty: none is needed, or was asked for.
    """

    app_slug: str
    token: str
    expires: int
    valid_s: int
    entry: str = ""


class ReqHandOff(AppRequest[ResHandOff], frozen=True, kw_only=True, tag="vibes.diy.req-hand-off"):
    """Make what the page round an app hands to it for its visitor, who asks

    *enter*: their browser is to be let in as well, where the app is private.
    """

    enter: bool = False
