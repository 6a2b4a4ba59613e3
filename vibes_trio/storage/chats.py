"""Chats: contexts, each of one user, and their sections, numbered from 0 without gap or twin."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from vibes_trio.errors import NotFound, NotOwner, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.storage.tx import Tx, Value

Origin = Literal["user", "llm"]

T = TypeVar("T")

# Rows per statement. Powers of two, so that a few statements, which SQLite keeps prepared, do for any number.
_SIZES = (64, 32, 16, 8, 4, 2, 1)
_LAST_SEQS = {
    size: "SELECT contextId, userId, (SELECT max(seq) FROM ChatSections WHERE contextId = c.contextId)"
    f" FROM ChatContexts c WHERE contextId IN ({', '.join('?' * size)})"
    for size in _SIZES
}
_INSERTS = {
    size: "INSERT INTO ChatSections (contextId, seq, origin, blocks, created) VALUES "
    + ", ".join(["(?, ?, ?, CAST(? AS TEXT), ?)"] * size)
    for size in _SIZES
}
_TOGETHER_CHARS = 1024 * 1024
"""Blocks that go into one statement, which holds a copy of them: sections that have more go one by one."""


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of a chat. `blocks_json`: list of blocks, see blocks.md. `created`: ISO."""

    seq: int
    origin: Origin
    blocks_json: str
    created: str


@dataclass(frozen=True, slots=True)
class NewSection:
    """A section to be appended by *user_id*, who should own the context. *blocks_json*: text, or UTF-8."""

    user_id: UserId
    context_id: str
    origin: Origin
    blocks_json: str | bytes


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


def append_sections(tx: Tx, sections: Sequence[NewSection]) -> list[int | VibesError]:
    """Add each section at the end of its chat. Returns for each its `seq`, or why it is refused.

    Refused with `NotFound` (no such chat context) or `NotOwner` (it belongs to someone else), as a value: the
    others are stored all the same. A `pending.Many`.
    """
    chats = _find_ends(tx, tuple({section.context_id for section in sections}))
    answers: list[int | VibesError] = []
    rows: list[tuple[Value, ...]] = []
    now = tx.now
    for section in sections:
        owner, seq = chats.get(section.context_id, (None, 0))
        refused = _refusal(section.user_id, section.context_id, owner)
        if refused is None:
            chats[section.context_id] = (owner, seq + 1)
            rows.append((section.context_id, seq, section.origin, section.blocks_json, now))
        answers.append(seq if refused is None else refused)
    _insert(tx, rows, sum(len(section.blocks_json) for section in sections))
    return answers


def _find_ends(tx: Tx, context_ids: Sequence[str]) -> dict[str, tuple[UserId | None, int]]:
    """Return the owner, and the `seq` of the section to come, of each of *context_ids* that is there."""
    found: dict[str, tuple[UserId | None, int]] = {}
    for ids in _slices(context_ids):
        for context_id, owner, last in tx.execute(_LAST_SEQS[len(ids)], ids):
            found[context_id] = (UserId(owner), 0 if last is None else last + 1)
    return found


def _insert(tx: Tx, rows: Sequence[tuple[Value, ...]], chars: int) -> None:
    for some in _slices(rows, 1 if chars > _TOGETHER_CHARS else _SIZES[0]):
        tx.execute(_INSERTS[len(some)], [value for row in some for value in row])


def _slices(items: Sequence[T], most: int = _SIZES[0]) -> Iterator[Sequence[T]]:
    """Cut *items* into pieces of the `_SIZES`, none longer than *most*."""
    start = 0
    for size in _SIZES:
        while size <= most and len(items) - start >= size:
            yield items[start : start + size]
            start += size


def list_sections(
    tx: Tx, user_id: UserId, context_id: str, *, after: int = -1, limit: int
) -> tuple[Section, ...]:
    """Return at most *limit* sections with a `seq` above *after*, in order.

    Raises:
        NotFound: no such chat context.
        NotOwner: it belongs to someone else.
    """
    if refused := _refusal(user_id, context_id, find_owner(tx, context_id)):
        raise refused
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


def _refusal(user_id: UserId, context_id: str, owner: UserId | None) -> VibesError | None:
    """Return why *user_id* gets nothing of a chat context that belongs to *owner*; None: it is theirs."""
    if owner is None:
        # Whatever was sent: no more of it than an id has (limits.max_context_id_chars).
        return NotFound(f"There is no chat context {context_id[:128]}. Make it with ensureChatContext first.")
    if owner != user_id:
        return NotOwner(f"The chat context {context_id} belongs to someone else.")
    return None
