"""PAGES: what a browser finds on the API host, by path. A page is its function, its template and one line here.

Whoever doesn't navigate, programs above all, is answered as if there were no page (`front/app.py`). Importing this
imports Quart: it is done once the server listens.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from urllib.parse import parse_qs, quote, urlencode

from quart import Blueprint, Response, render_template, request
from quart_trio import QuartTrio

from vibes_trio import __version__
from vibes_trio.browsers import acting_session, is_own_page, reading_session
from vibes_trio.config import KiB
from vibes_trio.context import App
from vibes_trio.errors import NotOperator, VibesError
from vibes_trio.exchange import Answer
from vibes_trio.pages.account import ACCOUNT, account_page
from vibes_trio.pages.app import APP, app_page
from vibes_trio.pages.chats import CHAT, CHATS, chat_page, chats_page
from vibes_trio.pages.guard import page_headers
from vibes_trio.pages.home import home_page
from vibes_trio.pages.join import JOIN, join_page
from vibes_trio.pages.operating import OPERATOR, SETTINGS, USERS, operator_page, settings_page, users_page
from vibes_trio.pages.sign_in import post_sign_in, post_sign_out, sign_in_page
from vibes_trio.pages.start import START
from vibes_trio.pages.static_files import ROOM, TYPES, static_files, static_path, static_stamp
from vibes_trio.pages.visit import GoTo, Page, Shown, Visit
from vibes_trio.pages.welcome import post_welcome, welcome_page
from vibes_trio.pages.wrapper import wrapper_page
from vibes_trio.services.notices import navigates
from vibes_trio.urls import ACCEPT_INVITE, END_SESSION, OPEN_SESSION, ROUND, base_name

log = logging.getLogger(__name__)

Otherwise = Callable[[], Awaitable[Response]]
"""Answers the request of this task as if there were no page."""
Post = Callable[[Visit, Mapping[str, str]], Awaitable[Shown | GoTo]]
"""Takes the visit, and the fields of the form."""

PAGES: Mapping[str, Page] = {
    START: Page(home_page, nav="Home"),
    APP: Page(app_page, signed_in=True),
    JOIN: Page(join_page),
    CHATS: Page(chats_page, signed_in=True, nav="Chats"),
    CHAT: Page(chat_page, signed_in=True),
    ACCOUNT: Page(account_page, signed_in=True, nav="Account"),
    OPERATOR: Page(operator_page, operators=True, nav="Server"),
    USERS: Page(users_page, operators=True),
    SETTINGS: Page(settings_page, operators=True),
    OPEN_SESSION: Page(sign_in_page),
    ACCEPT_INVITE: Page(welcome_page),
    f"{ROUND}/<user>/<slug>": Page(wrapper_page),
    f"{ROUND}/<user>/<slug>/<fs_id>": Page(wrapper_page),
}
POSTS: Mapping[str, Post] = {
    OPEN_SESSION: post_sign_in,
    END_SESSION: post_sign_out,
    ACCEPT_INVITE: post_welcome,
}
"""What forms of pages do without a message: only what makes or ends a session. Their paths stand in `urls.FORMS`."""

_FOREIGN = (
    "This form was not sent by a page of this server's own: nothing was done. Open the page, and try again."
)
_UNFORESEEN = "Something went wrong here, not with you. The log has it as {}."
MAX_FORM_BYTES = 64 * KiB
MAX_FIELDS = 20
NONCE_BYTES = 16
_PROBLEMS: Mapping[str, int] = {
    "not-found": 404,
    "not-owner": 403,
    "not-operator": 403,
    "bad-request": 400,
    "limit-reached": 403,
}
"""What a page's answer is when a message that it asked was refused; all others: 503."""


def add_pages(app: App, quart: QuartTrio, otherwise: Otherwise, answer: Answer) -> None:
    """Let *quart* answer PAGES and POSTS; *answer* takes the messages that they ask."""
    pages = Blueprint("pages", __name__, template_folder="templates")
    for path, page in PAGES.items():
        view = partial(_answer, app, page, answer, otherwise)
        pages.add_url_rule(path, f"page {path}".replace(".", ""), view, methods=["GET"])
    for path, post in POSTS.items():
        pages.add_url_rule(path, post.__name__, partial(_take, app, post, answer), methods=["POST"])
    pages.add_url_rule(f"{ROOM}/<stamp>/<name>", "static", partial(_answer_file, otherwise))
    quart.register_blueprint(pages)


async def _answer(app: App, page: Page, answer: Answer, otherwise: Otherwise, **parts: object) -> Response:
    headers = _headers()
    if not navigates(headers):
        return await otherwise()
    own = _own_address(app, headers.get("host", ""))
    if own:
        return _go(GoTo(f"{own}{request.full_path.rstrip('?')}"))
    token = reading_session(headers, app.config.protocol)
    return await _do(_visit(app, answer), token, page, partial(_open, page, parts))


async def _open(page: Page, parts: Mapping[str, object], visit: Visit) -> Shown | GoTo:
    if (page.signed_in or page.operators) and visit.session is None:
        after = request.full_path.rstrip("?")
        return GoTo(f"{OPEN_SESSION}?{urlencode({'next': after})}")
    if page.operators and not visit.is_operator:
        raise NotOperator("This page is for whoever runs this server.")
    return await page.show(visit, **parts)


async def _take(app: App, post: Post, answer: Answer) -> Response:
    headers, protocol = _headers(), app.config.protocol
    token = acting_session(headers, headers.get("host", ""), protocol)
    return await _do(_visit(app, answer), token, Page(sign_in_page), partial(_hand_in, post))


async def _hand_in(post: Post, visit: Visit) -> Shown | GoTo:
    if not is_own_page(visit.headers, visit.headers.get("host", ""), visit.app.config.protocol):
        return Shown("problem.html", {"words": _FOREIGN}, 403)
    fields = await _read_form()
    if fields is None:
        return Shown("problem.html", {"words": "What was sent is too long."}, 413)
    return await post(visit, fields)


async def _do(
    visit: Visit, token: str, page: Page, work: Callable[[Visit], Awaitable[Shown | GoTo]]
) -> Response:
    """Answer with what *work* gives to *visit*, as whose session *token* is; in words, if that fails."""
    try:
        visit = await _as_who_is_signed_in(visit, token)
        shown = await work(visit)
    except VibesError as error:
        shown = _problem(error)
    except Exception:  # whoever opens a page is shown one
        reference = secrets.token_hex(6)
        log.exception("internal error %s", reference)
        shown = Shown("problem.html", {"words": _UNFORESEEN.format(reference)}, 500)
    return _go(shown) if isinstance(shown, GoTo) else await _show(visit, page, shown)


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


async def _as_who_is_signed_in(visit: Visit, token: str) -> Visit:
    assert visit.app.sessions is not None
    session = await visit.app.sessions.find(token)
    return replace(visit, session=session, token=token) if session is not None else visit


def _visit(app: App, answer: Answer) -> Visit:
    """Return the visit of this task's request, as nobody's."""
    return Visit(
        app,
        None,
        "",
        request.path,
        {name: values[-1] for name, values in request.args.lists()},
        _headers(),
        str((request.scope["client"] or ("",))[0]),
        answer,
    )


async def _show(visit: Visit, page: Page, shown: Shown) -> Response:
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    config = visit.app.config
    host = visit.headers.get("host", "")
    html = await render_template(
        shown.template,
        **shown.given,
        nonce=nonce,
        static=static_path,
        session=visit.session,
        version=__version__,
        nav={path: entry.nav for path, entry in PAGES.items() if entry.nav and visit.may_open(entry)},
        here=visit.path,
    )
    sources = {**page.sources(visit.app), **shown.sources}
    headers = page_headers(nonce, host, config.protocol, sources) | dict(shown.headers)
    return Response(html, shown.status, headers=headers)


def _go(to: GoTo) -> Response:
    location = quote(to.path, safe="/:?&=%~#+,;@!$'()*[]")
    headers = {"Location": location, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response("", 303, headers=headers | dict(to.headers))


def _problem(error: VibesError) -> Shown:
    return Shown("problem.html", {"words": error.message}, _PROBLEMS.get(error.code, 503))


def _own_address(app: App, host: str) -> str:
    """Return the origin to go on at, where *host* is another name of it; empty: it is the one.

    A browser keeps apart who is signed in at 127.0.0.1 and at localhost; and to `*.localhost`, where apps live, only
    the latter is the same site.
    """
    name, _, port = host.rpartition(":")
    try:
        is_loopback = ip_address((name or port).strip("[]")).is_loopback
    except ValueError:
        return ""
    if not is_loopback or base_name(app.config.hostname_base) != "localhost":
        return ""
    return f"{app.config.protocol}://localhost" + (f":{port}" if name else "")


async def _read_form() -> dict[str, str] | None:
    """Return the fields of the form of this task's request, the last of each name; None: it is too long."""
    body = bytearray()
    async for data in request.body:
        body += data
        if len(body) > MAX_FORM_BYTES:
            return None
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    except ValueError:
        return None
    return {name: values[-1] for name, values in fields.items()}


async def _answer_file(otherwise: Otherwise, stamp: str, name: str) -> Response:
    content = static_files().get(name)
    if content is None or stamp != static_stamp():
        return await otherwise()
    headers = {
        "Content-Type": TYPES[name.rpartition(".")[2]],
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(content, headers=headers)
