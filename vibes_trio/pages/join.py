"""The page that an invitation into an app leads to: its secret stands behind the `#`, which browsers send to nobody."""

from vibes_trio.pages.visit import Shown, Visit

JOIN = "/join"


async def join_page(visit: Visit) -> Shown:
    """Return what to show."""
    return Shown("join.html")
