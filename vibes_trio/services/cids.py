"""CIDs of long contents, without holding up the event loop."""

import trio

from vibes_trio.content.cid import calc_cid
from vibes_trio.exchange import Cid

HASHED_HERE_BYTES = 256 * 1024


async def find_cid(content: bytes) -> Cid:
    """Return the CID of *content*; a long one's is calculated by a thread, which needs no interpreter for that."""
    await trio.lowlevel.checkpoint()
    return (
        calc_cid(content)
        if len(content) <= HASHED_HERE_BYTES
        else await trio.to_thread.run_sync(calc_cid, content)
    )
