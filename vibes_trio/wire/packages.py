"""The packages of a release, and whether their modules are there."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.names import AppRequest, Owned

PackageState = Literal["ready", "building", "waiting", "failed"]


class ReleasePackage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A package as the app imports it.

    Attributes:
        version: the one that its page has; empty: it isn't known yet.
        state: `waiting`: it is built when somebody opens the app.
        why: it failed.
    """

    name: str
    version: str = ""
    state: PackageState
    why: str = ""


class ResListReleasePackages(
    Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-list-release-packages"
):
    """The packages by name. *stage*: of the build that goes on; *fetched* of *to_fetch* packages are there."""

    app_slug: str
    fs_id: str
    items: tuple[ReleasePackage, ...]
    notes: tuple[str, ...] = ()
    stage: str = ""
    fetched: int = 0
    to_fetch: int = 0


class ReqListReleasePackages(
    AppRequest[ResListReleasePackages],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-list-release-packages",
):
    """List the npm packages that a release imports, and whether they are built; without `fsId` of what is shown

    Who may deploy is told of the newest where nothing is shown.
    """

    fs_id: str = ""
