"""The page that a visitor sees while the packages of an app are being built: small, and whole in itself.

Its script asks how far things are and loads the page anew when there is nothing more to wait for. Its facts are
JSON in ASCII with `<` escaped, as those of the app's page.
"""

import html
from collections.abc import Mapping
from importlib.resources import files

from vibes_trio.content.page import NO_ICON, script_json
from vibes_trio.content.static_modules import static_module
from vibes_trio.exchange import AppSlug

_STYLE = files("vibes_trio.content").joinpath("static", "progress.css").read_text("utf-8")


def render_progress_page(app_slug: AppSlug, address: str, facts: Mapping[str, object]) -> bytes:
    """Return the HTML, UTF-8.

    Args:
        address: where the script asks for facts of now.
        facts: those of now; members as in `services.waiting.describe`.
    """
    name = html.escape(app_slug)
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{name}: getting ready</title>",
        f'<link rel="icon" href="{NO_ICON}">',
        f"<style>\n{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{name}</h1>",
        '<p id="stage" role="status">Getting its packages ready …</p>',
        '<progress id="bar" aria-labelledby="stage"></progress>',
        '<ul id="packages"></ul>',
        '<p id="note">The app opens by itself when they are ready. This happens once.</p>',
        "</main>",
        f'<script type="application/json" id="vibes-progress">{script_json({"address": address, **facts})}</script>',
        f'<script src="{static_module("progress.js").address}"></script>',
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines).encode()
