"""Whether the server can answer."""

from vibes_trio.context import Ctx
from vibes_trio.errors import VibesError
from vibes_trio.storage.interface import Tx


def _touch(tx: Tx) -> None:
    tx.execute("SELECT 1")


async def find_trouble(ctx: Ctx) -> str:
    """Return why messages are not answered; empty: they are, and the database takes a write transaction."""
    if ctx.app.draining.is_set():
        return "The server is stopping."
    try:
        await ctx.app.db.write(_touch)
    except VibesError as error:
        return error.message
    return ""
