"""Whom an app's owner lets in: invitations, requests, members."""

import secrets
from typing import Any

import base58
import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.context import Ctx
from vibes_trio.errors import BadRequest
from vibes_trio.exchange import UserId
from vibes_trio.services.access import admit, find_named, relation_to
from vibes_trio.services.app_list import clamp
from vibes_trio.services.me import find_default_handle
from vibes_trio.services.stored_settings import read_settings
from vibes_trio.services.visibility import hash_token
from vibes_trio.storage import members
from vibes_trio.storage.app_states import AppState, find_app
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.members import Invite, NewInvite, Request
from vibes_trio.storage.users import find_user_of
from vibes_trio.wire.access import Relation
from vibes_trio.wire.apps import Icon
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.names import AppRequest
from vibes_trio.wire.sharing import (
    InviteGrant,
    InviteInfo,
    ListedMembership,
    Member,
    ReqApproveRequest,
    ReqCreateInvite,
    ReqHasAccessInvite,
    ReqHasAccessRequest,
    ReqInviteSetRole,
    ReqListInviteGrants,
    ReqListMembers,
    ReqListMemberships,
    ReqListRequestGrants,
    ReqRedeemInvite,
    ReqRequestAccess,
    ReqRequestSetRole,
    ReqRevokeInvite,
    ReqRevokeRequest,
    RequestGrant,
    RequestInfo,
    ResApproveRequest,
    ResCreateInvite,
    ResHasAccessInvite,
    ResHasAccessRequest,
    ResInviteSetRole,
    ResListInviteGrants,
    ResListMembers,
    ResListMemberships,
    ResListRequestGrants,
    ResRedeemInvite,
    ResRequestAccess,
    ResRequestSetRole,
    ResRevokeInvite,
    ResRevokeRequest,
    Role,
)

TOKEN_BYTES = 24
KEY_BYTES = 8
MAX_EMAIL_CHARS = 320
_icon_decoder = msgspec.json.Decoder(Icon)


def random_text(size: int) -> str:
    """Return a secret of so many bytes, as text that goes into addresses."""
    return base58.b58encode(secrets.token_bytes(size)).decode("ascii")


def email_key_of(email: str) -> str:
    """Return what *email* is told apart from others by: its letters are small, and a `+tag` is no part of it."""
    local, _, domain = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if local and domain else ""


# -- invitations ------------------------------------------------------------------------------------------


async def create_invite(ctx: Ctx, req: ReqCreateInvite) -> ResCreateInvite:
    """Make an invitation into an app.

    Raises:
        BadRequest: an address that is none.
        NotFound, NotOwner: see `access.admit`.
        LimitReached: see `members.put_invite`.
    """
    key = email_key_of(req.invited_email)
    if req.invited_email and (not key or len(key) > MAX_EMAIL_CHARS):
        raise BadRequest("invitedEmail: this is no e-mail address; leave it out for a link to hand on.")
    token = random_text(TOKEN_BYTES)
    new = NewInvite(key or f"link-{random_text(KEY_BYTES)}", req.invited_email, req.role, hash_token(token))
    invite = await ctx.app.db.write(_put_invite, ctx, req, new)
    return ResCreateInvite(**_members_of(invite) | {"token_or_grant_user_id": token})


async def redeem_invite(ctx: Ctx, req: ReqRedeemInvite) -> ResRedeemInvite:
    """Take an invitation.

    Raises:
        NotFound: see `members.redeem_invite`.
    """
    invite = await ctx.app.db.write(members.redeem_invite, hash_token(req.token), ctx.asker.user_id)
    return ResRedeemInvite(
        app_slug=invite.app_slug,
        owner_handle=invite.user_slug,
        email_key=invite.email_key,
        role=invite.role,
        state="accepted",
    )


async def has_access_invite(ctx: Ctx, req: ReqHasAccessInvite) -> ResHasAccessInvite:
    """Tell who asks whether they are invited. Of an app that isn't there for them: no.

    Raises:
        BadRequest: a slug that can't be one.
    """
    invite = await ctx.app.db.read(_find_invite, ctx, req)
    if invite is None:
        return ResHasAccessInvite(app_slug=req.app_slug, owner_handle=req.owner_handle, state="not-found")
    return ResHasAccessInvite(
        app_slug=invite.app_slug,
        owner_handle=invite.user_slug,
        state=invite.state,
        role=invite.role,
        token_or_grant_user_id=invite.user_id,
    )


async def invite_set_role(ctx: Ctx, req: ReqInviteSetRole) -> ResInviteSetRole:
    """Give an invitation another role.

    Raises:
        NotFound, NotOwner: see `access.admit`; or there is no such invitation.
    """
    invite = await ctx.app.db.write(_change_invite, ctx, req, req.email_key, req.role, delete=False)
    return ResInviteSetRole(
        app_slug=req.app_slug, owner_handle=req.owner_handle, email_key=invite.email_key, role=invite.role
    )


async def revoke_invite(ctx: Ctx, req: ReqRevokeInvite) -> ResRevokeInvite:
    """Take an invitation back.

    Raises:
        NotFound, NotOwner: see `access.admit`; or there is no such invitation.
    """
    invite = await ctx.app.db.write(_change_invite, ctx, req, req.email_key, None, delete=req.delete)
    return ResRevokeInvite(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        email_key=invite.email_key,
        deleted=req.delete,
    )


async def list_invite_grants(ctx: Ctx, req: ReqListInviteGrants) -> ResListInviteGrants:
    """Return invitations into an app.

    Raises:
        BadRequest: a cursor of another list.
        NotFound, NotOwner: see `access.admit`.
    """
    limit, after = _page(ctx, req.pager.limit, req.pager.cursor, "invites")
    found = await ctx.app.db.read(_list, ctx, req, members.list_invites, after, limit + 1)
    items = found[:limit]
    return ResListInviteGrants(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        items=tuple(InviteGrant(**_members_of(one)) for one in items),
        next_cursor=_next(found, limit, "invites", lambda one: (one.created, one.email_key)),
    )


def _put_invite(tx: Tx, ctx: Ctx, req: ReqCreateInvite, new: NewInvite) -> Invite:
    return members.put_invite(tx, admit(tx, ctx, req).app, new, limit=ctx.app.config.limits.members_per_app)


def _find_invite(tx: Tx, ctx: Ctx, req: ReqHasAccessInvite) -> Invite | None:
    claims, (app_slug, user_slug) = ctx.asker, find_named(ctx, req)
    key = email_key_of(claims.email) if claims.email_verified else ""
    is_there = find_app(tx, app_slug, user_slug) is not None
    invite = members.find_invite(tx, user_slug, app_slug, claims.user_id, key)
    return invite if is_there else None


def _change_invite(
    tx: Tx, ctx: Ctx, req: AppRequest[Any], key: str, role: Role | None, *, delete: bool
) -> Invite:
    app = admit(tx, ctx, req).app
    invite = members.change_invite(tx, app, key, role=role)
    if delete:
        members.remove_invite(tx, app, key)
    return invite


def _members_of(invite: Invite) -> dict[str, Any]:
    """Return what `InviteGrant` tells."""
    return {
        "app_slug": invite.app_slug,
        "owner_handle": invite.user_slug,
        "email_key": invite.email_key,
        "role": invite.role,
        "state": invite.state,
        "token_or_grant_user_id": invite.user_id,
        "foreign_info": InviteInfo(given_email=invite.email),
        "updated": invite.updated,
        "created": invite.created,
    }


# -- requests ---------------------------------------------------------------------------------------------


async def request_access(ctx: Ctx, req: ReqRequestAccess) -> ResRequestAccess:
    """Ask to be let into an app. That it takes requests is all that is told of a private one.

    Raises:
        BadRequest: its owner takes none; or it is one's own.
        NotFound: there is no such app, or it is private and takes none.
        LimitReached: see `members.ask_in`.
    """
    app, request = await ctx.app.db.write(_ask_in, ctx, req)
    return ResRequestAccess(**_members_of_request(app, request))


async def has_access_request(ctx: Ctx, req: ReqHasAccessRequest) -> ResHasAccessRequest:
    """Tell who asks how it stands with their request. Of an app that isn't there for them: they have none.

    Raises:
        BadRequest: a slug that can't be one.
    """
    request = await ctx.app.db.read(_find_request, ctx, req)
    return ResHasAccessRequest(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        state=request.state if request is not None else "not-found",
        role=_role(request),
    )


async def approve_request(ctx: Ctx, req: ReqApproveRequest) -> ResApproveRequest:
    """Let somebody in who has asked.

    Raises:
        NotFound, NotOwner: see `access.admit`; or they have not asked.
    """
    app, request = await ctx.app.db.write(_answer, ctx, req, req.foreign_user_id, req.role)
    return ResApproveRequest(**_members_of_request(app, request))


async def request_set_role(ctx: Ctx, req: ReqRequestSetRole) -> ResRequestSetRole:
    """Give somebody who has asked another role. Raises as `approve_request`."""
    app, request = await ctx.app.db.write(_answer, ctx, req, req.foreign_user_id, req.role)
    return ResRequestSetRole(**_members_of_request(app, request))


async def revoke_request(ctx: Ctx, req: ReqRevokeRequest) -> ResRevokeRequest:
    """Let somebody out who has asked, or not in. Raises as `approve_request`."""
    await ctx.app.db.write(_answer, ctx, req, req.foreign_user_id, None, delete=req.delete)
    return ResRevokeRequest(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        foreign_user_id=req.foreign_user_id,
        deleted=req.delete,
    )


async def list_request_grants(ctx: Ctx, req: ReqListRequestGrants) -> ResListRequestGrants:
    """Return who asked to be let into an app.

    Raises:
        BadRequest: a cursor of another list.
        NotFound, NotOwner: see `access.admit`.
    """
    limit, after = _page(ctx, req.pager.limit, req.pager.cursor, "requests")
    found = await ctx.app.db.read(_list, ctx, req, members.list_requests, after, limit + 1)
    names = await ctx.app.db.read(_names, [one.user_id for one in found[:limit]])
    return ResListRequestGrants(
        app_slug=req.app_slug,
        owner_handle=req.owner_handle,
        items=tuple(
            RequestGrant(
                foreign_user_id=one.user_id,
                state=one.state,
                role=_role(one),
                foreign_info=RequestInfo(email=one.email, name=names[one.user_id]),
                tick=one.updated,
                updated=one.updated,
                created=one.created,
            )
            for one in found[:limit]
        ),
        next_cursor=_next(found, limit, "requests", lambda one: (one.created, one.user_id)),
    )


def _names(tx: Tx, user_ids: list[UserId]) -> dict[UserId, str]:
    """Return how to call each: whoever has published nothing yet has no handle."""
    return {one: find_default_handle(tx, one) or _name(tx, one) for one in user_ids}


def _name(tx: Tx, user_id: UserId) -> str:
    user = find_user_of(tx, user_id)
    return user.name if user is not None else ""


def _ask_in(tx: Tx, ctx: Ctx, req: ReqRequestAccess) -> tuple[AppState, Request]:
    app = find_app(tx, *find_named(ctx, req))
    takes = read_settings(app).request if app is not None else None
    if app is not None and takes is not None and takes.enable:
        if relation_to(tx, app, ctx.user_id) is Relation.OWNER:
            raise BadRequest("This app is yours.")
        role, limit = takes.auto_accept_role or None, ctx.app.config.limits.members_per_app
        email = ctx.asker.email if ctx.asker.email_verified else ""
        return app, members.ask_in(tx, app, ctx.asker.user_id, email, role, limit=limit)
    admit(tx, ctx, req)
    raise BadRequest("The owner of this app takes no requests.")


def _find_request(tx: Tx, ctx: Ctx, req: ReqHasAccessRequest) -> Request | None:
    app_slug, user_slug = find_named(ctx, req)
    is_there = find_app(tx, app_slug, user_slug) is not None
    request = members.find_request(tx, user_slug, app_slug, ctx.asker.user_id)
    return request if is_there else None


def _answer(
    tx: Tx, ctx: Ctx, req: AppRequest[Any], user_id: str, role: Role | None, *, delete: bool = False
) -> tuple[AppState, Request]:
    app = admit(tx, ctx, req).app
    request = members.answer_request(tx, app, UserId(user_id), role)
    if delete:
        members.remove_request(tx, app, UserId(user_id))
    return app, request


def _role(request: Request | None) -> Role | UnsetType:
    if request is None or request.state != "approved":
        return UNSET
    return "editor" if request.role == "editor" else "viewer"


def _members_of_request(app: AppState, request: Request) -> dict[str, Any]:
    """Return what `AboutRequest` tells."""
    return {
        "app_slug": app.app_slug,
        "owner_handle": app.user_slug,
        "foreign_user_id": request.user_id,
        "foreign_info": RequestInfo(email=request.email),
        "state": request.state,
        "role": _role(request),
        "updated": request.updated,
        "created": request.created,
    }


# -- members ----------------------------------------------------------------------------------------------


async def list_members(ctx: Ctx, req: ReqListMembers) -> ResListMembers:
    """Return who is let into an app.

    Raises:
        NotFound, NotOwner: see `access.admit`.
    """
    return ResListMembers(status="ok", members=await ctx.app.db.read(_members, ctx, req))


async def list_memberships(ctx: Ctx, req: ReqListMemberships) -> ResListMemberships:
    """Return apps that others let who asks into.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit, after = _page(ctx, req.limit, req.cursor, "memberships")
    found = await ctx.app.db.read(_memberships, ctx.asker.user_id, after, limit + 1)
    return ResListMemberships(
        items=tuple(_told(one, app) for one, app in found[:limit] if app is not None),
        next_cursor=_next(found, limit, "memberships", lambda pair: (pair[0].user_slug, pair[0].app_slug)),
    )


def _members(tx: Tx, ctx: Ctx, req: ReqListMembers) -> tuple[Member, ...]:
    app = admit(tx, ctx, req).app
    found = members.list_members(tx, app, ctx.app.config.limits.list_items)
    others = (
        Member(display_name=find_default_handle(tx, user_id) or "", role=role)
        for user_id, role in found.items()
    )
    by_role = sorted(others, key=lambda member: (member.role, member.display_name))  # as the words have it
    return Member(display_name=app.user_slug, role="owner"), *by_role


def _memberships(
    tx: Tx, user_id: UserId, after: tuple[str, str], limit: int
) -> tuple[tuple[members.Membership, AppState | None], ...]:
    found = members.list_memberships(tx, user_id, after=after, limit=limit)
    return tuple((one, find_app(tx, one.app_slug, one.user_slug)) for one in found)


def _told(one: members.Membership, app: AppState) -> ListedMembership:
    return ListedMembership(
        app_slug=one.app_slug,
        owner_handle=one.user_slug,
        activity_at=app.updated,
        role=one.role,
        title=app.title,
        icon=_icon_decoder.decode(app.icon_json) if app.icon_json else UNSET,
    )


# -- pages ------------------------------------------------------------------------------------------------


def _page(ctx: Ctx, limit: int, cursor: str, order: str) -> tuple[int, tuple[str, str]]:
    after = read_cursor(cursor, order, tuple[str, str]) if cursor else ("", "")
    return clamp(limit, ctx), after


def _next(found: Any, limit: int, order: str, keys: Any) -> str:
    return write_cursor(order, *keys(found[limit - 1])) if len(found) > limit else ""


def _list(tx: Tx, ctx: Ctx, req: AppRequest[Any], fn: Any, after: tuple[str, str], limit: int) -> Any:
    return fn(tx, admit(tx, ctx, req).app, after=after, limit=limit)
