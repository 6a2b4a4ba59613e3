"""Users of the server: invitations of new ones, and who its operators are."""

import secrets

from vibes_trio.auth.codes import hash_code
from vibes_trio.content.names_of_people import check_email, check_user_name
from vibes_trio.context import App, Ctx
from vibes_trio.errors import RequireLogin
from vibes_trio.exchange import UserId
from vibes_trio.services.app_list import clamp
from vibes_trio.services.sign_in import Comes, SignedIn, open_session
from vibes_trio.storage import user_invites, users
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.user_invites import NewUserInvite
from vibes_trio.storage.user_invites import UserInvite as Kept
from vibes_trio.urls import ACCEPT_INVITE
from vibes_trio.wire.cursors import read_cursor, write_cursor
from vibes_trio.wire.people import (
    ReqCreateUserInvite,
    ReqListUserInvites,
    ReqRevokeUserInvite,
    ReqSetUserRole,
    ResCreateUserInvite,
    ResListUserInvites,
    ResRevokeUserInvite,
    ResSetUserRole,
    UserInvite,
)

CODE_BYTES = 20
ID_BYTES = 9


def new_invite_code() -> str:
    """Return the secret of an invitation: 160 random bits."""
    return secrets.token_hex(CODE_BYTES).upper()


def invite_link(origin: str, code: str) -> str:
    """Return the address that hands *code* in. What follows `#` browsers send to nobody."""
    return f"{origin}{ACCEPT_INVITE}#{code}"


# -- for operators ----------------------------------------------------------------------------------------


async def create_user_invite(ctx: Ctx, req: ReqCreateUserInvite) -> ResCreateUserInvite:
    """Invite somebody.

    Raises:
        BadRequest: a name or an address that can't be one; or there is a user of that name.
        LimitReached: `limits.user_invites` are open.
    """
    code = new_invite_code()
    new = new_invite(code, req.name, req.email, req.role, ctx.asker.user_id)
    limits = ctx.app.config.limits
    invite = await ctx.app.db.write(put_invite, new, valid_s=limits.user_invite_s, limit=limits.user_invites)
    config = ctx.app.config
    return ResCreateUserInvite(
        invite=_told(invite), url=invite_link(f"{config.protocol}://{config.hostname_base}", code)
    )


def new_invite(code: str, name: str, email: str, role: users.UserRole, by: UserId) -> NewUserInvite:
    """Return an invitation to be made.

    Raises:
        BadRequest: a name or an address that can't be one.
    """
    name = check_user_name(name) if name else ""
    return NewUserInvite(secrets.token_urlsafe(ID_BYTES), hash_code(code), name, check_email(email), role, by)


def put_invite(tx: Tx, new: NewUserInvite, *, valid_s: float, limit: int) -> Kept:
    """Make an invitation.

    Raises:
        BadRequest: there is a user of that name.
        LimitReached: *limit* are open.
    """
    if new.name:
        users.check_free(tx, new.name)
    return user_invites.add_user_invite(tx, new, valid_s=valid_s, limit=limit)


async def list_user_invites(ctx: Ctx, req: ReqListUserInvites) -> ResListUserInvites:
    """Return the open invitations.

    Raises:
        BadRequest: a cursor of another list.
    """
    limit = clamp(req.limit, ctx)
    behind = {"after": read_cursor(req.cursor, "user invites", tuple[str, str])} if req.cursor else {}
    found = await ctx.app.db.read(user_invites.list_user_invites, limit=limit + 1, **behind)
    last = found[limit - 1] if len(found) > limit else None
    return ResListUserInvites(
        items=tuple(map(_told, found[:limit])),
        next_cursor=write_cursor("user invites", last.created, last.invite_id) if last is not None else "",
    )


async def revoke_user_invite(ctx: Ctx, req: ReqRevokeUserInvite) -> ResRevokeUserInvite:
    """Take an invitation back.

    Raises:
        NotFound: there is none such.
    """
    await ctx.app.db.write(user_invites.remove_user_invite, req.invite_id)
    return ResRevokeUserInvite(invite_id=req.invite_id)


async def set_user_role(ctx: Ctx, req: ReqSetUserRole) -> ResSetUserRole:
    """Say whether somebody is an operator.

    Raises:
        NotFound: there is no such user.
        BadRequest: nobody would be an operator any more.
    """
    user = await ctx.app.db.write(users.set_role, UserId(req.user_id), req.role)
    return ResSetUserRole(user_id=user.user_id, role=user.role)


def _told(invite: Kept) -> UserInvite:
    return UserInvite(
        invite_id=invite.invite_id,
        name=invite.name,
        email=invite.email,
        role=invite.role,
        created_by=invite.created_by,
        created=invite.created,
        expires=invite.expires,
    )


# -- for who is invited -----------------------------------------------------------------------------------


async def find_invite(app: App, code: str, comes: Comes) -> Kept:
    """Return the invitation with that code.

    Raises:
        RequireLogin: the code doesn't count.
        Overloaded: too many tries.
    """
    await _note_try(app, code, comes)
    return await get_invite(app, code)


async def get_invite(app: App, code: str) -> Kept:
    """As `find_invite`, of one that was tried just now.

    Raises:
        RequireLogin: the code doesn't count.
    """
    invite = await app.db.get(user_invites.find_user_invite, hash_code(code))
    if invite is None:
        raise RequireLogin("invite_invalid")
    return invite


async def accept_invite(app: App, code: str, name: str, comes: Comes) -> SignedIn:
    """Make a user of whoever has *code*, and sign their browser in. The invitation's own name wins.

    Raises:
        RequireLogin: the code doesn't count.
        BadRequest: the name can't be one, or is taken; the invitation stays.
        Overloaded: too many tries, or too many sessions.
    """
    await _note_try(app, code, comes)
    return await app.db.write(_accept, app, code, name, comes)


async def _note_try(app: App, code: str, comes: Comes) -> None:
    assert app.sessions is not None
    await app.sessions.note_try(user_invites.find_user_invite, hash_code(code), comes.address)


def _accept(tx: Tx, app: App, code: str, name: str, comes: Comes) -> SignedIn:
    invite = user_invites.use_user_invite(tx, hash_code(code))
    user = users.add_user(
        tx, users.new_user_id(), invite.name or check_user_name(name), invite.email, role=invite.role
    )
    return open_session(tx, app, user.user_id, comes)
