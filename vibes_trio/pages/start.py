"""The page at `/`: what this server is, which version of it, and how to begin."""

from vibes_trio.pages.visit import Shown, Visit

START = "/"


async def start_page(visit: Visit) -> Shown:
    """Return what to show."""
    config = visit.app.config
    return Shown(
        "start.html",
        {
            "api": f"{config.protocol}://{config.hostname_base}",
            "address": f"{config.protocol}://{{app}}--{{user}}.{config.hostname_base}",
        },
    )
