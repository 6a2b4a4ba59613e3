"""What is deleted, and may be had back for a while; and what an app is made from, or called from now on."""

from typing import Literal

from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.names import AppRequest, Owned, OwnedRequest

DeletionKind = Literal["release", "app", "handle"]


class Gone(Owned, frozen=True, kw_only=True):
    """What goes, or went.

    Attributes:
        deleted: whether it did; not in a dry run.
        apps: slugs of the apps that go as a whole, at most a hundred.
        releases, bytes: how many releases, and what their files have.
        deletion_id: by which it can be had back, until *undo_until* (ISO).
    """

    deleted: bool
    apps: tuple[str, ...] = ()
    releases: int
    bytes: int
    deletion_id: str = ""
    undo_until: str = ""


class ResDeleteRelease(Response, Gone, frozen=True, kw_only=True, tag="vibes.diy.res-delete-release"):
    """What goes; *shown_fs_id* is what the app's address shows then, empty for nothing."""

    app_slug: str
    fs_id: str
    shown_fs_id: str = ""


class ReqDeleteRelease(
    AppRequest[ResDeleteRelease], frozen=True, kw_only=True, tag="vibes.diy.req-delete-release"
):
    """Delete a release, for a while so that it can be had back; with `dryRun` only tell what would go"""

    fs_id: str
    dry_run: bool = False


class ResDeleteApp(Response, Gone, frozen=True, kw_only=True, tag="vibes.diy.res-delete-app"):
    """What goes."""

    app_slug: str


class ReqDeleteApp(AppRequest[ResDeleteApp], frozen=True, kw_only=True, tag="vibes.diy.req-delete-app"):
    """Delete an app with all its releases; as a release"""

    dry_run: bool = False


class ResDeleteUserSlugBinding(
    Response, Gone, frozen=True, kw_only=True, tag="vibes.diy.res-delete-user-slug-binding"
):
    """What goes."""


class ReqDeleteUserSlugBinding(
    OwnedRequest[ResDeleteUserSlugBinding],
    frozen=True,
    kw_only=True,
    tag="vibes.diy.req-delete-user-slug-binding",
):
    """Delete a handle with all its apps; as a release. Nobody else can take it as long as it can be had back"""

    dry_run: bool = False


class ResUndoDeletion(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-undo-deletion"):
    """What is back. *releases*: how many; fewer than went, where others had to make room meanwhile."""

    kind: DeletionKind
    app_slug: str = ""
    fs_id: str = ""
    releases: int


class ReqUndoDeletion(Request[ResUndoDeletion], frozen=True, kw_only=True, tag="vibes.diy.req-undo-deletion"):
    """Have back what was deleted"""

    deletion_id: str


class ListedDeletion(Owned, frozen=True, kw_only=True):
    """What was deleted and can be had back. Times are ISO."""

    deletion_id: str
    kind: DeletionKind
    app_slug: str = ""
    fs_id: str = ""
    releases: int
    bytes: int
    created: str
    undo_until: str


class ResListDeletions(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-deletions"):
    """Some of what can be had back, newest first."""

    items: tuple[ListedDeletion, ...]
    next_cursor: str = ""


class ReqListDeletions(
    Request[ResListDeletions], frozen=True, kw_only=True, tag="vibes.diy.req-list-deletions"
):
    """List what I deleted and can have back"""

    limit: int = 100
    cursor: str = ""


class ResRenameApp(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-rename-app"):
    """The app under its new name."""

    app_slug: str
    previous_app_slug: str
    entry_point_url: str


class ReqRenameApp(AppRequest[ResRenameApp], frozen=True, kw_only=True, tag="vibes.diy.req-rename-app"):
    """Give an app another slug; the old address leads to the new one"""

    new_app_slug: str


class ResForkApp(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-fork-app"):
    """The new app. *chat_id* is empty: no chat is copied."""

    app_slug: str
    chat_id: str
    src_fs_id: str
    src_user_slug: str
    src_app_slug: str
    fs_id: str
    entry_point_url: str


class ReqForkApp(Request[ResForkApp], frozen=True, kw_only=True, tag="vibes.diy.req-fork-app"):
    """Make an app of mine from a release that I may read: as dev, or published with `skipChat`.

    Attributes:
        src_fs_id: empty: what is shown.
        new_owner_handle, new_app_slug: what it is to be; empty: the default handle, a name made of the old one.
    """

    src_user_slug: str = ""
    src_owner_handle: str = ""
    src_app_slug: str
    src_fs_id: str = ""
    skip_chat: bool = False
    new_owner_handle: str = ""
    new_app_slug: str = ""

    @property
    def owner_handle(self) -> str:
        """Whose app it is made from."""
        return self.src_owner_handle or self.src_user_slug

    @property
    def app_slug(self) -> str:
        """Which app it is made from."""
        return self.src_app_slug
