"""The page on which a browser is signed in, and what its form and that of signing out do."""

import logging
from collections.abc import Mapping

from vibes_trio.browsers import session_cookie
from vibes_trio.errors import Overloaded, RequireLogin, VibesError
from vibes_trio.pages.guard import safe_next
from vibes_trio.pages.visit import GoTo, Shown, Visit
from vibes_trio.services.passkeys import new_challenge, own_place, sign_in_by_passkey
from vibes_trio.services.sign_in import Comes, SignedIn, sign_in_by_code, sign_out

log = logging.getLogger(__name__)

WRONG_CODE = (
    "This link or code doesn't count: it may have been used before, be older than ten minutes, or be mistyped."
    " Each counts once."
)
MAX_CODE_CHARS = 200
WRONG_PASSKEY = (
    "This passkey signs nobody in here: it may have been removed, or the page was open for too long."
)
_OPENED_BY_HAND = ("none", "same-origin")


async def sign_in_page(visit: Visit) -> Shown:
    """Show the form. The code is in the address's fragment, which browsers send to nobody: a script puts it in."""
    return _form(visit, safe_next(visit.query.get("next", "/")))


async def post_sign_in(visit: Visit, fields: Mapping[str, str]) -> Shown | GoTo:
    """Sign the browser in by the code that was posted, and send it where it wanted to go."""
    after = safe_next(fields.get("next", "/"))
    passkey = fields.get("passkey", "")
    try:
        if passkey:
            signed_in = await sign_in_by_passkey(visit.app, passkey, comes_of(visit))
        else:
            code = fields.get("code", "")[:MAX_CODE_CHARS]
            signed_in = await sign_in_by_code(visit.app, code, comes_of(visit))
    except RequireLogin as error:
        log.info("a browser was not signed in: %s", error.reason)
        return _form(visit, after, WRONG_PASSKEY if passkey else WRONG_CODE, 403)
    except VibesError as error:
        return _form(visit, after, error.message, 429 if isinstance(error, Overloaded) else 403)
    return GoTo(after, cookie_of(visit, signed_in))


async def post_sign_out(visit: Visit, fields: Mapping[str, str]) -> GoTo:
    """End the browser's session, here and on the server."""
    await sign_out(visit.app, visit.token)
    config = visit.app.config
    return GoTo("/", {"Set-Cookie": session_cookie("", config.protocol, 0)})


def comes_of(visit: Visit) -> Comes:
    """Return what is known of the browser of *visit*, which wants to be signed in."""
    return Comes(visit.client, visit.headers.get("user-agent", ""), visit.token)


def cookie_of(visit: Visit, signed_in: SignedIn) -> dict[str, str]:
    """Return the headers that sign a browser in."""
    config = visit.app.config
    return {"Set-Cookie": session_cookie(signed_in.token, config.protocol, config.limits.session_s)}


def _form(visit: Visit, after: str, trouble: str = "", status: int = 200) -> Shown:
    # A link on a page of somebody else's may sign a visitor in as that somebody: it takes a click then; and where the
    # browser doesn't say who has opened it, as to a server without https that is not this machine.
    by_hand = visit.headers.get("sec-fetch-site") in _OPENED_BY_HAND
    given = {
        "next": after,
        "trouble": trouble,
        "at_once": by_hand and not trouble,
        "challenge": new_challenge(visit.app),
        "origin": own_place(visit.app.config)[1],
    }
    return Shown("sign_in.html", given, status)
