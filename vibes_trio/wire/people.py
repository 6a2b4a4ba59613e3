"""Users of the server, as its operators see to them: invitations and roles."""

from typing import Literal

import msgspec

from vibes_trio.wire.base import Request, Response

UserRole = Literal["operator", "user"]


class UserInvite(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An invitation of somebody who is no user yet. *createdBy*: the user's id; empty: in the terminal."""

    invite_id: str
    name: str
    email: str
    role: UserRole
    created_by: str
    created: str
    expires: str


class ResCreateUserInvite(Response, frozen=True, kw_only=True, tag="vibes.diy.res-create-user-invite"):
    """The invitation. *url*: whoever opens it becomes a user by it, once; it is told here alone."""

    invite: UserInvite
    url: str


class ReqCreateUserInvite(
    Request[ResCreateUserInvite], frozen=True, kw_only=True, tag="vibes.diy.req-create-user-invite"
):
    """Invite somebody to this server; without a `name` they say themselves what they are called"""

    name: str = ""
    email: str = ""
    role: UserRole = "user"


class ResListUserInvites(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-user-invites"):
    """Some of the open invitations, newest first."""

    items: tuple[UserInvite, ...]
    next_cursor: str = ""


class ReqListUserInvites(
    Request[ResListUserInvites], frozen=True, kw_only=True, tag="vibes.diy.req-list-user-invites"
):
    """List the open invitations to this server"""

    limit: int = 100
    cursor: str = ""


class ResRevokeUserInvite(Response, frozen=True, kw_only=True, tag="vibes.diy.res-revoke-user-invite"):
    """It is taken back."""

    invite_id: str


class ReqRevokeUserInvite(
    Request[ResRevokeUserInvite], frozen=True, kw_only=True, tag="vibes.diy.req-revoke-user-invite"
):
    """Take an invitation to this server back"""

    invite_id: str


class ResSetUserRole(Response, frozen=True, kw_only=True, tag="vibes.diy.res-set-user-role"):
    """Their role from now on."""

    user_id: str
    role: UserRole


class ReqSetUserRole(Request[ResSetUserRole], frozen=True, kw_only=True, tag="vibes.diy.req-set-user-role"):
    """Make somebody an operator of this server, or one no longer; there is always one"""

    user_id: str
    role: UserRole
