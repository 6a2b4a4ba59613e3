"""What may be done with an app's versions: show one, take one down, read one, tell two apart."""

from typing import ClassVar, Literal

import msgspec

from vibes_trio.wire.base import Response
from vibes_trio.wire.deploy import Mode
from vibes_trio.wire.files import FileSystemItem
from vibes_trio.wire.names import AppRequest, Owned

Grant = Literal[
    "owner", "granted-access.editor", "granted-access.viewer", "public-access", "unpublished", "not-found"
]


class ResPublishApp(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-publish-app"):
    """What the app's address shows now, or, taken down, will. *published*: whether it shows something new."""

    app_slug: str
    fs_id: str
    release_seq: int
    mode: Mode
    published: bool


class ReqPublishApp(AppRequest[ResPublishApp], frozen=True, kw_only=True, tag="vibes.diy.req-publish-app"):
    """Show a release, any that there is, at the app's address; without `fsId` the newest.

    So an earlier one is gone back to. What was taken down is shown again, if its owner asks.
    """

    KEEPS: ClassVar[bool] = True
    fs_id: str = ""


class ResSetModeFs(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-set-mode-fs"):
    """The mode that the release has now."""

    app_slug: str
    fs_id: str
    mode: Mode


class ReqSetModeFs(AppRequest[ResSetModeFs], frozen=True, kw_only=True, tag="vibes.diy.req-set-mode-fs"):
    """Make a release `production`, and so the one that is shown, or `dev`."""

    fs_id: str
    mode: Mode


class ResSetUnpublish(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-set-unpublish"):
    """Since when the app is taken down; empty: it isn't."""

    app_slug: str
    unpublished_at: str
    previous_unpublished_at: str


class ReqSetUnpublish(
    AppRequest[ResSetUnpublish], frozen=True, kw_only=True, tag="vibes.diy.req-set-unpublish"
):
    """Take an app down, so that its address shows nothing, or put it back."""

    unpublish: bool


class MetaTitle(msgspec.Struct, frozen=True, kw_only=True, tag="title"):
    title: str


class MetaRemixOf(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="remix-of"):
    """The app that this one was made from."""

    src_fs_id: str
    src_owner_handle: str
    src_app_slug: str


class ResGetAppByFsid(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-get-app-by-fsid"):
    """A release with its manifest, or `error`: then all else is empty.

    Attributes:
        grant: what who asks may do: `owner`, `granted-access.…`, `public-access`; or why there is nothing.
        env: to who may deploy; to others it is empty.
        created: when its content was first deployed, ISO.
    """

    app_slug: str
    mode: Mode
    grant: Grant
    release_seq: int
    env: dict[str, str] = msgspec.field(name="env")
    file_system: tuple[FileSystemItem, ...]
    meta: tuple[MetaTitle | MetaRemixOf, ...]
    created: str
    error: str = ""
    fs_id: str = ""
    has_production: bool = False
    message: str = ""


class ReqGetAppByFsid(
    AppRequest[ResGetAppByFsid], frozen=True, kw_only=True, tag="vibes.diy.req-get-app-by-fsid"
):
    """Read a release's manifest: the one that is named, else the one that is shown.

    *select_mode*: without `fsId`, `ownerLatest` is the newest of all to who may deploy.
    """

    fs_id: str = ""
    select_mode: Literal["published", "ownerLatest"] | msgspec.UnsetType = msgspec.UNSET


class FilePiece(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of a file. *data*: base64, from byte *offset* on; *size*: of the whole file."""

    file_name: str
    mime_type: str
    size: int
    offset: int
    data: str
    entry_point: bool = False


class ResGetReleaseFiles(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-get-release-files"):
    """Some of the files, as they were deployed; *next_cursor* asks for what follows, maybe of the same file."""

    app_slug: str
    fs_id: str
    files: tuple[FilePiece, ...]
    next_cursor: str = ""


class ReqGetReleaseFiles(
    AppRequest[ResGetReleaseFiles], frozen=True, kw_only=True, tag="vibes.diy.req-get-release-files"
):
    """Read the files of a release as they were deployed; without `fsId` of the one that is shown.

    *names*: only these.
    """

    fs_id: str = ""
    names: tuple[str, ...] = ()
    cursor: str = ""


class ResCompareReleases(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-compare-releases"):
    """Which files the second has and the first hasn't, the other way round, and with other content."""

    app_slug: str
    from_fs_id: str
    to_fs_id: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


class ReqCompareReleases(
    AppRequest[ResCompareReleases], frozen=True, kw_only=True, tag="vibes.diy.req-compare-releases"
):
    """Compare the files of two releases: `fromFsId`, else what is shown, and `toFsId`, else the newest."""

    from_fs_id: str = ""
    to_fs_id: str = ""
