"""The page on which somebody who is invited becomes a user of this server."""

from collections.abc import Mapping

from vibes_trio.errors import Overloaded, RequireLogin, VibesError
from vibes_trio.pages.sign_in import MAX_CODE_CHARS, comes_of, cookie_of
from vibes_trio.pages.visit import GoTo, Shown, Visit
from vibes_trio.services.people import accept_invite, find_invite, get_invite
from vibes_trio.storage.user_invites import UserInvite

WRONG_CODE = (
    "This invitation doesn't count: it may have been used, taken back, be too old, or be mistyped."
    " Ask for another."
)


async def welcome_page(visit: Visit) -> Shown:
    """Ask for the code, which a script takes out of the address's fragment."""
    return _ask(visit, "", None)


async def post_welcome(visit: Visit, fields: Mapping[str, str]) -> Shown | GoTo:
    """Show whom the code that was posted invites; with `go` make a user of them, whose browser is signed in."""
    code, name = fields.get("code", "")[:MAX_CODE_CHARS], fields.get("name", "")
    invite = None
    try:
        if "go" in fields:
            return GoTo("/", cookie_of(visit, await accept_invite(visit.app, code, name, comes_of(visit))))
        invite = await find_invite(visit.app, code, comes_of(visit))
    except RequireLogin:
        return _ask(visit, "", None, WRONG_CODE, status=403)
    except Overloaded as error:
        return _ask(visit, "", None, error.message, status=429)
    except VibesError as error:  # the name can't be: the invitation stays
        return await _ask_again(visit, code, name, error.message)
    return _ask(visit, code, invite)


async def _ask_again(visit: Visit, code: str, name: str, trouble: str) -> Shown:
    try:
        invite = await get_invite(visit.app, code)
    except RequireLogin:  # somebody else used it meanwhile
        return _ask(visit, "", None, WRONG_CODE, status=403)
    return _ask(visit, code, invite, trouble, name=name, status=400)


def _ask(
    visit: Visit,
    code: str,
    invite: UserInvite | None,
    trouble: str = "",
    *,
    name: str = "",
    status: int = 200,
) -> Shown:
    given = {"code": code, "invite": invite, "trouble": trouble, "name": name}
    return Shown("welcome.html", given, status)
