"""Who may see an app, and who may deploy it: invitations, requests, members, links for browsers."""

from typing import Literal

import msgspec

from vibes_trio.wire.apps import Icon
from vibes_trio.wire.base import Request, Response
from vibes_trio.wire.names import AppRequest, Owned

Role = Literal["viewer", "editor"]
InviteState = Literal["pending", "accepted", "revoked"]
RequestState = Literal["pending", "approved", "revoked"]


class Pager(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted."""

    limit: int = 100
    cursor: str = ""


class InviteInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    given_email: str = ""


class InviteGrant(Owned, frozen=True, kw_only=True):
    """An invitation.

    Attributes:
        email_key: its name among those of the app.
        token_or_grant_user_id: who took it; of one that was made just now, the secret by which it is taken.
    """

    app_slug: str
    email_key: str
    role: Role
    state: InviteState
    token_or_grant_user_id: str
    foreign_info: InviteInfo
    updated: str
    created: str


class ResCreateInvite(Response, InviteGrant, frozen=True, kw_only=True, tag="vibes.diy.res-create-invite"):
    """The invitation. Its secret is told this once."""


class ReqCreateInvite(
    AppRequest[ResCreateInvite], frozen=True, kw_only=True, tag="vibes.diy.req-create-invite"
):
    """Invite somebody into an app, whoever has the secret of the answer, as `viewer` or `editor`.

    *invited_email* names them; for an address that was invited before the invitation begins anew. Nothing is mailed.
    """

    role: Role
    invited_email: str = ""


class ResRedeemInvite(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-redeem-invite"):
    """What the asker may see from now on."""

    app_slug: str
    email_key: str
    role: Role
    state: Literal["accepted"]


class ReqRedeemInvite(Request[ResRedeemInvite], frozen=True, kw_only=True, tag="vibes.diy.req-redeem-invite"):
    """Take an invitation"""

    token: str


class ResHasAccessInvite(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-has-access-invite"):
    """How the asker's invitation stands."""

    app_slug: str
    state: Literal["not-found", "pending", "accepted", "revoked"]
    role: Role | msgspec.UnsetType = msgspec.UNSET
    token_or_grant_user_id: str = ""


class ReqHasAccessInvite(
    AppRequest[ResHasAccessInvite], frozen=True, kw_only=True, tag="vibes.diy.req-has-access-invite"
):
    """Have I been invited into an app"""


class ResInviteSetRole(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-invite-set-role"):
    """The role now."""

    app_slug: str
    email_key: str
    role: Role


class ReqInviteSetRole(
    AppRequest[ResInviteSetRole], frozen=True, kw_only=True, tag="vibes.diy.req-invite-set-role"
):
    """Give an invitation, and who took it, another role"""

    email_key: str
    role: Role


class ResRevokeInvite(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-revoke-invite"):
    """Whether it is removed, too."""

    app_slug: str
    email_key: str
    deleted: bool


class ReqRevokeInvite(
    AppRequest[ResRevokeInvite], frozen=True, kw_only=True, tag="vibes.diy.req-revoke-invite"
):
    """Take an invitation back: who took it is out. `delete` removes it from the list, too"""

    email_key: str
    delete: bool = False


class ResListInviteGrants(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-list-invite-grants"):
    """Some of the invitations, oldest first."""

    app_slug: str
    items: tuple[InviteGrant, ...]
    next_cursor: str = ""


class ReqListInviteGrants(
    AppRequest[ResListInviteGrants], frozen=True, kw_only=True, tag="vibes.diy.req-list-invite-grants"
):
    """List the invitations into an app"""

    pager: Pager = Pager()


class RequestInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who asks. *name*: to the app's owner; their handle, else what they are called here."""

    email: str = ""
    name: str = ""


class RequestGrant(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Somebody asks to be let in, or did."""

    foreign_user_id: str
    state: RequestState
    role: Role | msgspec.UnsetType = msgspec.UNSET
    foreign_info: RequestInfo
    tick: str
    updated: str
    created: str


class AboutRequest(Owned, frozen=True, kw_only=True):
    """How it stands with somebody who asked."""

    app_slug: str
    foreign_user_id: str
    foreign_info: RequestInfo
    state: RequestState
    role: Role | msgspec.UnsetType = msgspec.UNSET
    updated: str
    created: str


class ResRequestAccess(Response, AboutRequest, frozen=True, kw_only=True, tag="vibes.diy.res-request-access"):
    """How it stands."""


class ReqRequestAccess(
    AppRequest[ResRequestAccess], frozen=True, kw_only=True, tag="vibes.diy.req-request-access"
):
    """Ask to be let into an app whose owner takes requests"""


class ResHasAccessRequest(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-has-access-request"):
    """How the asker's request stands."""

    app_slug: str
    state: Literal["not-found", "pending", "approved", "revoked"]
    role: Role | msgspec.UnsetType = msgspec.UNSET


class ReqHasAccessRequest(
    AppRequest[ResHasAccessRequest], frozen=True, kw_only=True, tag="vibes.diy.req-has-access-request"
):
    """How does it stand with what I asked for"""


class ResApproveRequest(
    Response, AboutRequest, frozen=True, kw_only=True, tag="vibes.diy.res-approve-request"
):
    """They are in."""


class ReqApproveRequest(
    AppRequest[ResApproveRequest], frozen=True, kw_only=True, tag="vibes.diy.req-approve-request"
):
    """Let somebody in who has asked"""

    foreign_user_id: str
    role: Role


class ResRequestSetRole(
    Response, AboutRequest, frozen=True, kw_only=True, tag="vibes.diy.res-request-set-role"
):
    """The role now."""


class ReqRequestSetRole(
    AppRequest[ResRequestSetRole], frozen=True, kw_only=True, tag="vibes.diy.req-request-set-role"
):
    """Give somebody who has asked another role"""

    foreign_user_id: str
    role: Role


class ResRevokeRequest(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-revoke-request"):
    """Whether it is removed, too."""

    app_slug: str
    foreign_user_id: str
    deleted: bool


class ReqRevokeRequest(
    AppRequest[ResRevokeRequest], frozen=True, kw_only=True, tag="vibes.diy.req-revoke-request"
):
    """Let somebody who has asked out again, or not in"""

    foreign_user_id: str
    delete: bool = False


class ResListRequestGrants(
    Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-list-request-grants"
):
    """Some of those who have asked, oldest first."""

    app_slug: str
    items: tuple[RequestGrant, ...]
    next_cursor: str = ""


class ReqListRequestGrants(
    AppRequest[ResListRequestGrants], frozen=True, kw_only=True, tag="vibes.diy.req-list-request-grants"
):
    """List who has asked to be let into an app"""

    pager: Pager = Pager()


class Member(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody who is let in. *display_name*: their handle; empty: they have none."""

    display_name: str
    role: Literal["owner", "editor", "viewer"]


class ResListMembers(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-members"):
    """All of them, the owner first."""

    status: Literal["ok"]
    members: tuple[Member, ...]


class ReqListMembers(AppRequest[ResListMembers], frozen=True, kw_only=True, tag="vibes.diy.req-list-members"):
    """List who is let into an app"""


class ListedMembership(Owned, frozen=True, kw_only=True):
    """An app that somebody else let the asker into."""

    app_slug: str
    activity_at: str
    role: Role
    title: str = ""
    icon: Icon | msgspec.UnsetType = msgspec.UNSET


class ResListMemberships(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-memberships"):
    """Some of them, by name."""

    items: tuple[ListedMembership, ...]
    next_cursor: str = ""


class ReqListMemberships(
    Request[ResListMemberships], frozen=True, kw_only=True, tag="vibes.diy.req-list-memberships"
):
    """List the apps that others let me into"""

    limit: int = 100
    cursor: str = ""


class ListedShareLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link. *user_id*: who made it, and as long as whom it counts."""

    link_id: str
    user_id: str
    created: str
    expires: str


class ResCreateShareLink(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-create-share-link"):
    """The address by which a browser gets in. It is told this once."""

    app_slug: str
    link_id: str
    url: str
    expires: str


class ReqCreateShareLink(
    AppRequest[ResCreateShareLink], frozen=True, kw_only=True, tag="vibes.diy.req-create-share-link"
):
    """Make an address of a private app by which any browser sees it, for `validS` seconds"""

    valid_s: float = 0


class ResListShareLinks(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-list-share-links"):
    """Some of the links, oldest first."""

    app_slug: str
    items: tuple[ListedShareLink, ...]
    next_cursor: str = ""


class ReqListShareLinks(
    AppRequest[ResListShareLinks], frozen=True, kw_only=True, tag="vibes.diy.req-list-share-links"
):
    """List the share links of an app"""

    limit: int = 100
    cursor: str = ""


class ResRevokeShareLink(Response, Owned, frozen=True, kw_only=True, tag="vibes.diy.res-revoke-share-link"):
    """It is taken back: browsers that came by it are out."""

    app_slug: str
    link_id: str


class ReqRevokeShareLink(
    AppRequest[ResRevokeShareLink], frozen=True, kw_only=True, tag="vibes.diy.req-revoke-share-link"
):
    """Take a share link back"""

    link_id: str
