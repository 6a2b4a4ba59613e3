"""Numbers that grow when something changes, for whoever keeps it in memory, in this process or another."""

from typing import Literal

from vibes_trio.storage.interface import Tx

Counter = Literal["releases", "revocations", "certificates", "sessions"]


def get_count(tx: Tx, counter: Counter) -> int:
    """Return how often that changed."""
    rows = tx.execute("SELECT value FROM Meta WHERE name = ?", (counter,))
    return int(rows[0][0]) if rows else 0


def count_up(tx: Tx, counter: Counter) -> int:
    """Let others know that it changed; return the number since."""
    ((value,),) = tx.execute(
        "INSERT INTO Meta (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = Meta.value + 1"
        " RETURNING value",
        (counter,),
    )
    return int(value)
