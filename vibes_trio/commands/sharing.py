"""`vibes-trio share`, `invite` and `join`: who sees an app, and who may deploy it."""

import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import UNSET

from vibes_trio.commands.output import OK, USAGE, CommandFailed, print_json, printable, tell
from vibes_trio.commands.session import AppName, Session, ask_server
from vibes_trio.commands.shown import print_list, print_struct, shown_age
from vibes_trio.config import Limits
from vibes_trio.errors import NotOwner
from vibes_trio.wire.settings import ReqEnsureAppSettings
from vibes_trio.wire.sharing import (
    InviteGrant,
    ListedShareLink,
    Member,
    Pager,
    ReqCreateInvite,
    ReqCreateShareLink,
    ReqListInviteGrants,
    ReqListMembers,
    ReqListShareLinks,
    ReqRedeemInvite,
    ReqRevokeInvite,
    ReqRevokeShareLink,
)

DAY_S = 86_400
VISIBILITIES = ("public", "unlisted", "private")

# Any: each of them answers with its own response.
Change = Callable[[Session, AppName], Awaitable[Any]]


def share(options: Namespace) -> int:
    """Say who sees an app, and change it; or make, list and revoke links by which any browser sees it."""
    if options.links:
        return _list_links(options)
    if options.link is not None:
        return _make_link(options)
    if options.revoke:
        return _change(options, _revoke_link(options.revoke), f"link {options.revoke} is revoked")
    return _show_members(options)


def _show_members(options: Namespace) -> int:
    async def work(session: Session) -> tuple[str, list[Member]]:
        named, chosen = options.app, options.visibility
        if named in VISIBILITIES and not chosen and session.profile.app:
            named, chosen = "", named
        app = await session.app(named)
        settings = await session.ask(
            ReqEnsureAppSettings(owner_handle=app.handle, app_slug=app.slug, visibility=chosen or UNSET)
        )
        if chosen and settings.settings.entry.visibility != chosen and not settings.error:
            raise NotOwner(f"{app}: only its owner says who sees it; it stays as it is.")
        members = await session.ask(ReqListMembers(owner_handle=app.handle, app_slug=app.slug))
        return str(settings.settings.entry.visibility or VISIBILITIES[0]), list(members.members)

    visibility, members = ask_server(options, work)
    if options.json:
        people = [{"displayName": member.display_name, "role": member.role} for member in members]
        print_json({"visibility": visibility, "members": people})
        return OK
    print(visibility, flush=True)
    for member in members:
        tell(f"{member.role}: {printable(member.display_name) or 'somebody without a handle'}")
    return OK


def _make_link(options: Namespace) -> int:
    most = int(Limits().share_link_s // DAY_S)
    if not 0 <= options.link <= most:
        raise CommandFailed(f"--link: days from 1 to {most} are wanted; got {options.link}.", USAGE)

    async def work(session: Session) -> Any:
        app = await session.app(options.app)
        return await session.ask(
            ReqCreateShareLink(
                owner_handle=app.handle, app_slug=app.slug, valid_s=float(options.link * DAY_S)
            )
        )

    made = ask_server(options, work)
    if options.json:
        print_struct(made)
        return OK
    print(made.url, flush=True)
    tell(
        f"Whoever has it sees the app until {made.expires[:10]}; it is shown this once. "
        f"Take it back: vibes-trio share {made.owner_handle}/{made.app_slug} --revoke {made.link_id}"
    )
    return OK


def _list_links(options: Namespace) -> int:
    async def work(session: Session) -> list[ListedShareLink]:
        app = await session.app(options.app)
        request = ReqListShareLinks(owner_handle=app.handle, app_slug=app.slug)
        return [link async for page in session.pages(request) for link in page.items]

    now = time.time()
    print_list(
        options,
        ask_server(options, work),
        ("LINK", "MADE", "UNTIL"),
        lambda link: (link.link_id, shown_age(link.created, now), link.expires[:10]),
        "No links: `vibes-trio share APP --link` makes one.",
    )
    return OK


def _revoke_link(link_id: str) -> Change:
    async def revoke(session: Session, app: AppName) -> Any:
        return await session.ask(
            ReqRevokeShareLink(owner_handle=app.handle, app_slug=app.slug, link_id=link_id)
        )

    return revoke


def _change(options: Namespace, change: Change, words: str) -> int:
    async def work(session: Session) -> Any:
        return await change(session, await session.app(options.app))

    changed = ask_server(options, work)
    if options.json:
        print_struct(changed)
    else:
        print(words, flush=True)
    return OK


def invite(options: Namespace) -> int:
    """Invite somebody into an app; or list the invitations, or take one back."""
    if options.list:
        return _list_invites(options)
    if options.revoke:
        return _change(options, _revoke_invite(options.revoke), f"invitation {options.revoke} is taken back")

    async def work(session: Session) -> Any:
        app = await session.app(options.app)
        return await session.ask(
            ReqCreateInvite(
                owner_handle=app.handle,
                app_slug=app.slug,
                role=options.role,
                invited_email=options.email,
            )
        )

    made = ask_server(options, work)
    if options.json:
        print_struct(made)
        return OK
    print(made.token_or_grant_user_id, flush=True)
    tell(
        f"Hand it over: whoever types `vibes-trio join {made.token_or_grant_user_id}` is {made.role} of "
        f"{made.owner_handle}/{made.app_slug}. It is shown this once. Nothing was mailed."
    )
    return OK


def _list_invites(options: Namespace) -> int:
    async def work(session: Session) -> list[InviteGrant]:
        app = await session.app(options.app)
        found: list[InviteGrant] = []
        cursor = ""
        while True:
            page = await session.ask(
                ReqListInviteGrants(owner_handle=app.handle, app_slug=app.slug, pager=Pager(cursor=cursor))
            )
            found += page.items
            cursor = page.next_cursor
            if not cursor:
                return found

    now = time.time()
    print_list(
        options,
        ask_server(options, work),
        ("INVITATION", "FOR", "ROLE", "STATE", "MADE"),
        lambda grant: (
            grant.email_key,
            grant.foreign_info.given_email,
            grant.role,
            grant.state,
            shown_age(grant.created, now),
        ),
        "No invitations: `vibes-trio invite APP` makes one.",
    )
    return OK


def _revoke_invite(key: str) -> Change:
    async def revoke(session: Session, app: AppName) -> Any:
        return await session.ask(ReqRevokeInvite(owner_handle=app.handle, app_slug=app.slug, email_key=key))

    return revoke


def join(options: Namespace) -> int:
    """Take an invitation."""

    async def work(session: Session) -> Any:
        return await session.ask(ReqRedeemInvite(token=options.token_of_invite))

    taken = ask_server(options, work)
    if options.json:
        print_struct(taken)
    else:
        print(f"you are {taken.role} of {taken.owner_handle}/{taken.app_slug}", flush=True)
    return OK
