"""The page at `/`: what this server is, which version of it, and how to begin."""

from collections.abc import Mapping

from vibes_trio import __version__
from vibes_trio.context import App

START = "/"


def start_page(app: App) -> tuple[str, Mapping[str, object]]:
    """Return the template and what is put into it."""
    config = app.config
    return "start.html", {
        "version": __version__,
        "api": f"{config.protocol}://{config.hostname_base}",
        "address": f"{config.protocol}://{{app}}--{{user}}.{config.hostname_base}",
    }
