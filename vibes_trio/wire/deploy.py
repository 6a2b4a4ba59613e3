"""ensureAppSlug: deploy an app."""

from typing import ClassVar, Literal

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.files import FileSystemItem, VibeFile
from vibes_trio.wire.names import Owned, OwnedRequest

Mode = Literal["production", "dev"]

SHARE_FILES = "VIBES_SHARE_FILES"
"""The name in an app's env by which its owner lets pages of other origins read its files."""
WITH_ALL = "*"
"""The one value of that: pages of any origin."""


class ResEnsureAppSlug(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-ensure-app-slug"):
    """The release that now stands."""

    app_slug: str
    mode: Mode
    fs_id: str
    env: dict[str, str] = msgspec.field(name="env")
    file_system: tuple[FileSystemItem, ...]
    wrapper_url: str
    entry_point_url: str
    warnings: tuple[str, ...] = ()
    run_id: str = ""
    message: str = ""


class ReqEnsureAppSlug(
    OwnedRequest[ResEnsureAppSlug], frozen=True, kw_only=True, tag="vibes.diy.req-ensure-app-slug"
):
    """Files to publish. An empty slug means: not given, make one up.

    Attributes:
        run_id: of what the files came from: one release a run, which a later deploy of the same run replaces.
        message: what the deploy is for, in its author's words.
        progress: tell how far it is (`res-progress`, over a WebSocket), and answer when its packages are built, too.
    """

    KEEPS: ClassVar[bool] = True
    mode: Mode
    file_system: list[VibeFile]
    app_slug: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    run_id: str = ""
    message: str = ""
    progress: bool = False
