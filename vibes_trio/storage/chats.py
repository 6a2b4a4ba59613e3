"""Chats: contexts, each of one user, and their sections, numbered from 0 without gap or twin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vibes_trio.errors import NotFound, NotOwner
from vibes_trio.exchange import UserId
from vibes_trio.storage.tx import Tx

Origin = Literal["user", "llm"]


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of a chat. `blocks_json`: list of blocks, see blocks.md. `created`: ISO."""

    seq: int
    origin: Origin
    blocks_json: str
    created: str


def ensure_context(tx: Tx, user_id: UserId, context_id: str | None, new_id: Callable[[], str]) -> str:
    """Return the chat context *context_id* of *user_id*, made if not there; None: one named by *new_id*.

    Raises:
        NotOwner: it belongs to someone else.
    """
    wanted = context_id if context_id is not None else new_id()
    owner = find_owner(tx, wanted)
    if owner is None:
        tx.execute(
            "INSERT INTO ChatContexts (contextId, userId, created) VALUES (?, ?, ?)",
            (wanted, user_id, tx.now),
        )
    elif owner != user_id:
        raise NotOwner(
            f"The chat context {wanted} belongs to someone else. Leave contextId out to get a new one."
        )
    return wanted


def append_section(tx: Tx, user_id: UserId, context_id: str, origin: Origin, blocks_json: str) -> int:
    """Add a section at the end of a chat of *user_id* and return its `seq`.

    Raises:
        NotFound: no such chat context.
        NotOwner: it belongs to someone else.
    """
    _check_owner(tx, user_id, context_id)
    ((seq,),) = tx.execute(
        "INSERT INTO ChatSections (contextId, seq, origin, blocks, created)"
        " SELECT ?1, coalesce(max(seq), -1) + 1, ?2, ?3, ?4 FROM ChatSections WHERE contextId = ?1"
        " RETURNING seq",
        (context_id, origin, blocks_json, tx.now),
    )
    return int(seq)


def list_sections(
    tx: Tx, user_id: UserId, context_id: str, *, after: int = -1, limit: int
) -> tuple[Section, ...]:
    """Return at most *limit* sections with a `seq` above *after*, in order.

    Raises:
        NotFound: no such chat context.
        NotOwner: it belongs to someone else.
    """
    _check_owner(tx, user_id, context_id)
    rows = tx.execute(
        "SELECT seq, origin, blocks, created FROM ChatSections"
        " WHERE contextId = ? AND seq > ? ORDER BY seq LIMIT ?",
        (context_id, after, limit),
    )
    return tuple(Section(*row) for row in rows)


def find_owner(tx: Tx, context_id: str) -> UserId | None:
    """Return whose chat context *context_id* is; None: there is none. It never changes."""
    rows = tx.execute("SELECT userId FROM ChatContexts WHERE contextId = ?", (context_id,))
    return UserId(rows[0][0]) if rows else None


def _check_owner(tx: Tx, user_id: UserId, context_id: str) -> None:
    owner = find_owner(tx, context_id)
    if owner is None:
        # Whatever was sent: no more of it than an id has (limits.max_context_id_chars).
        raise NotFound(f"There is no chat context {context_id[:128]}. Make it with ensureChatContext first.")
    if owner != user_id:
        raise NotOwner(f"The chat context {context_id} belongs to someone else.")
