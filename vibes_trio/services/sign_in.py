"""Signing browsers in and out: a one-time code gives a session, always a new one."""

import logging
import secrets

import msgspec

from vibes_trio.auth.codes import hash_code
from vibes_trio.content.browser_words import name_browser
from vibes_trio.context import App
from vibes_trio.exchange import UserId
from vibes_trio.sessions import hash_token
from vibes_trio.storage import sessions
from vibes_trio.storage.interface import Tx
from vibes_trio.storage.sessions import Session
from vibes_trio.storage.users import find_invite, get_user, use_invite

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
ID_BYTES = 12


class SignedIn(msgspec.Struct, frozen=True):
    """A new session, and what its browser has to show from now on. Not to be logged."""

    session: Session
    token: str


class Comes(msgspec.Struct, frozen=True):
    """A browser that wants to be signed in.

    Attributes:
        address: where it comes from.
        user_agent: what it says that it is.
        had: what it shows of a session that it has; that one ends.
    """

    address: str
    user_agent: str
    had: str = ""


async def sign_in_by_code(app: App, code: str, comes: Comes) -> SignedIn:
    """Sign a browser in as whom *code* stands for, and use it up.

    Raises:
        RequireLogin: the code doesn't count: mistyped, used, or too old.
        Overloaded: too many tries, or too many sessions.
    """
    assert app.sessions is not None
    code_hash = hash_code(code)
    await app.sessions.note_try(find_invite, code_hash, comes.address)
    signed_in = await app.db.write(_open_by_code, app, code_hash, comes)
    log.info(
        "%s signed in with a browser, session %s", signed_in.session.user_id, signed_in.session.session_id
    )
    return signed_in


async def sign_out(app: App, token: str) -> None:
    """End the session of *token*, if it is one."""
    await app.db.write(_end, app, token)


def _open_by_code(tx: Tx, app: App, code_hash: str, comes: Comes) -> SignedIn:
    return open_session(tx, app, use_invite(tx, code_hash), comes)


def open_session(tx: Tx, app: App, user_id: UserId, comes: Comes) -> SignedIn:
    """Sign a browser in as *user_id*; a session that it has ends.

    Raises:
        NotFound: there is no such user.
        Overloaded: see `sessions.add_session`.
    """
    get_user(tx, user_id)
    _end(tx, app, comes.had)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    browser = name_browser(comes.user_agent)[: app.config.limits.max_browser_chars]
    session_id = secrets.token_urlsafe(ID_BYTES)
    session = sessions.add_session(tx, session_id, hash_token(token), user_id, browser, app.config.limits)
    return SignedIn(session, token)


def _end(tx: Tx, app: App, token: str) -> None:
    session = sessions.find_session(tx, hash_token(token), app.config.limits) if token else None
    if session is not None:
        sessions.end_session(tx, session.user_id, session.session_id)
