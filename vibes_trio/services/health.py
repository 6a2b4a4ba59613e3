"""Whether the server can answer."""

from vibes_trio.context import Ctx
from vibes_trio.storage.tx import Tx


def _touch(tx: Tx) -> None:
    tx.execute("SELECT 1")


async def is_ready(ctx: Ctx) -> bool:
    """Return whether messages are answered: not draining, and the database takes a write transaction.

    Raises:
        VibesError: the database refuses.
    """
    if ctx.app.draining.is_set():
        return False
    await ctx.app.db.write(_touch)
    return True
