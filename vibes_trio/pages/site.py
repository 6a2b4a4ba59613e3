"""PAGES: what a browser finds on the API host, by path. A page is its function, its template and one line here.

Whoever doesn't navigate, programs above all, is answered as if there were no page (`front/app.py`). Importing this
imports Quart: it is done once the server listens.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib.resources import files

from quart import Blueprint, Response, render_template, request
from quart_trio import QuartTrio

from vibes_trio.context import App
from vibes_trio.pages.start import START, start_page
from vibes_trio.services.notices import NAVIGATION, navigates

Show = Callable[..., tuple[str, Mapping[str, object]]]
"""From what lives as long as the program, and the variable parts of the path by name, to a template and what is put
into it."""
Otherwise = Callable[[], Awaitable[Response]]
"""Answers the request of this task as if there were no page."""

PAGES: Mapping[str, Show] = {START: start_page}

_STYLE = "".join(
    files(package).joinpath(*path).read_text("utf-8")
    for package, path in (
        ("vibes_trio.content", ("static", "notice.css")),
        ("vibes_trio.pages", ("pages.css",)),
    )
)
POLICY = (
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src"
    f" 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""A page shows its own style and an icon that is none; nobody may put it into a frame."""


def add_pages(app: App, quart: QuartTrio, otherwise: Otherwise) -> None:
    """Let *quart* answer PAGES."""
    pages = Blueprint("pages", __name__, template_folder="templates")
    for path, show in PAGES.items():
        pages.add_url_rule(path, show.__name__, partial(_answer, app, show, otherwise))
    quart.register_blueprint(pages)


async def _answer(app: App, show: Show, otherwise: Otherwise, **parts: object) -> Response:
    if not navigates({name.lower(): value for name, value in request.headers.items()}):
        return await otherwise()
    template, given = show(app, **parts)
    return Response(
        await render_template(template, style=_STYLE, **given),
        headers={
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Vary": NAVIGATION,
        },
    )
