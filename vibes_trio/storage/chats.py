"""Chats: contexts, each of one user, and their sections, numbered from 0 without gap or twin."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from vibes_trio.errors import NotFound, NotOwner, VibesError
from vibes_trio.exchange import UserId
from vibes_trio.storage.feed import Sections
from vibes_trio.storage.interface import DiskShort, Tx, Value
from vibes_trio.storage.slices import SIZES, marks, slices
from vibes_trio.storage.usage import NO_LIMIT, get_usage, limit_reached

Origin = Literal["user", "llm"]

_LAST_SEQS = {
    size: "SELECT contextId, userId, (SELECT max(seq) FROM ChatSections WHERE contextId = c.contextId),"
    " sections, chatBytes"
    f" FROM ChatContexts c JOIN UserUsage USING (userId) WHERE contextId IN ({marks(size)}) AND deleted = ''"
    for size in SIZES
}
_INSERTS = {
    size: "INSERT INTO ChatSections (contextId, seq, origin, blocks, created) VALUES "
    + ", ".join(["(?, ?, ?, CAST(? AS TEXT), ?)"] * size)
    for size in SIZES
}
_TOGETHER_CHARS = 1024 * 1024
"""Blocks that go into one statement, which holds a copy of them: sections that have more go one by one."""


class Section(msgspec.Struct, frozen=True):
    """One entry of a chat. `blocks_json`: list of blocks, see blocks.md. `created`: ISO."""

    seq: int
    origin: Origin
    blocks_json: str
    created: str


class ChatQuota(msgspec.Struct, frozen=True):
    """What the chats of one user may be: the settings MAX_CHAT_SECTIONS_PER_USER_ID and MAX_CHAT_BYTES_PER_USER_ID."""

    max_sections: int = NO_LIMIT
    max_bytes: int = NO_LIMIT


UNBOUNDED = ChatQuota()


class NewSection(msgspec.Struct, frozen=True):
    """A section of *user_id*, who should own the context, within *quota*. *blocks_json*: text, or UTF-8."""

    user_id: UserId
    context_id: str
    origin: Origin
    blocks_json: str | bytes
    quota: ChatQuota = UNBOUNDED


class _End(msgspec.Struct):
    """Where a chat goes on: whose it is, the `seq` to come, and what its owner keeps in all chats (shared by them)."""

    owner: UserId
    seq: int
    usage: "_ChatUsage"


class _ChatUsage(msgspec.Struct):
    sections: int
    bytes: int


def ensure_context(
    tx: Tx,
    user_id: UserId,
    context_id: str | None,
    new_id: Callable[[], str],
    *,
    limit: int = NO_LIMIT,
) -> str:
    """Return the chat context *context_id* of *user_id*, made if not there; None: one named by *new_id*.

    Args:
        limit: most contexts of one user (MAX_CHATS_PER_USER_ID).

    Raises:
        NotOwner: it belongs to someone else.
        NotFound: they have deleted it.
        LimitReached: a new one is needed, and the user has *limit* of them.
        DiskShort: a new one is needed, and the disk is nearly full.
    """
    wanted = context_id if context_id is not None else new_id()
    known = find_any(tx, wanted)
    if known is None:
        if (held := get_usage(tx, user_id).contexts) >= limit:
            raise limit_reached(f"You have {held} chats", "MAX_CHATS_PER_USER_ID", limit)
        tx.check_room(0)
        tx.execute(
            "INSERT INTO ChatContexts (contextId, userId, created, updated) VALUES (?, ?, ?, ?)",
            (wanted, user_id, tx.now, tx.now),
        )
    elif known.owner != user_id:
        raise NotOwner(
            f"The chat context {wanted} belongs to someone else. Leave contextId out to get a new one."
        )
    elif known.deleted:
        raise NotFound(f"You deleted the chat {wanted}. Restore it, or leave contextId out to get a new one.")
    return wanted


def append_sections(tx: Tx, sections: Sequence[NewSection]) -> list[int | VibesError]:
    """Add each section at the end of its chat. Returns for each its `seq`, or why it is refused.

    Refused with `NotFound` (no such chat context), `NotOwner` (it belongs to someone else), `LimitReached` (the
    user's chats have all that they may) or `DiskShort`, as a value: the others are stored all the same. A
    `pending.Many`.
    """
    ends = _find_ends(tx, tuple({section.context_id for section in sections}))
    chars = sum(len(section.blocks_json) for section in sections)
    short = _is_short(tx, chars)
    answers: list[int | VibesError] = []
    rows: list[tuple[Value, ...]] = []
    now = tx.now
    for section in sections:
        place = _place(section, ends.get(section.context_id), short)
        if isinstance(place, int):
            rows.append((section.context_id, place, section.origin, tx.as_text(section.blocks_json), now))
        answers.append(place)
    _insert(tx, rows, chars)
    tx.tell(*[Sections(context_id, ends[context_id].seq) for context_id in {str(row[0]) for row in rows}])
    return answers


def _place(section: NewSection, end: _End | None, short: bool) -> int | VibesError:
    """Return the `seq` of *section*, which is behind *end* then, or why it is refused."""
    refused = _refusal(section.user_id, section.context_id, None if end is None else end.owner)
    if refused is not None or end is None:
        assert refused is not None, "no chat context, no owner"
        return refused
    size = _size_of(section.blocks_json)
    over = _over(end.usage, size, section.quota)
    if over is not None or short:
        return over or DiskShort()
    end.seq += 1
    end.usage.sections += 1
    end.usage.bytes += size
    return end.seq - 1


def _find_ends(tx: Tx, context_ids: Sequence[str]) -> dict[str, _End]:
    """Return where each of *context_ids* that is there goes on."""
    found: dict[str, _End] = {}
    usages: dict[str, _ChatUsage] = {}
    for ids in slices(context_ids):
        for context_id, owner, last, sections, size in tx.execute(_LAST_SEQS[len(ids)], ids):
            usage = usages.setdefault(owner, _ChatUsage(sections, size))
            found[context_id] = _End(UserId(owner), 0 if last is None else last + 1, usage)
    return found


def _size_of(blocks: str | bytes) -> int:
    """Return how many bytes *blocks* has as UTF-8."""
    return len(blocks.encode()) if isinstance(blocks, str) and not blocks.isascii() else len(blocks)


def _over(usage: _ChatUsage, size: int, quota: ChatQuota) -> VibesError | None:
    """Return why *size* more bytes in one more section are too much; None: they are not."""
    if usage.sections >= quota.max_sections:
        what = f"Your chats have {usage.sections} sections"
        return limit_reached(what, "MAX_CHAT_SECTIONS_PER_USER_ID", quota.max_sections)
    if usage.bytes + size > quota.max_bytes:
        what = f"Your chats hold {usage.bytes} bytes and this section {size}"
        return limit_reached(what, "MAX_CHAT_BYTES_PER_USER_ID", quota.max_bytes)
    return None


def _is_short(tx: Tx, size: int) -> bool:
    try:
        tx.check_room(size)
    except DiskShort:
        return True
    return False


def _insert(tx: Tx, rows: Sequence[tuple[Value, ...]], chars: int) -> None:
    for some in slices(rows, 1 if chars > _TOGETHER_CHARS else SIZES[0]):
        tx.execute(_INSERTS[len(some)], [value for row in some for value in row])


class Page(msgspec.Struct, frozen=True):
    """Which sections are wanted: from *start* on, or before it (*backward*); at most so many, and about so many bytes.

    One is given whatever its size.
    """

    start: int
    limit: int
    max_bytes: int
    backward: bool = False


_LONG_CHARS = 64 * 1024
"""Sections that have more are read one by one."""
_READ_AT_ONCE = 16

_COLUMNS = "seq, origin, CASE WHEN length(blocks) <= ? THEN blocks END, created"
_FORWARD = f"SELECT {_COLUMNS} FROM ChatSections WHERE contextId = ? AND seq >= ? ORDER BY seq LIMIT ?"
_BACKWARD = f"SELECT {_COLUMNS} FROM ChatSections WHERE contextId = ? AND seq < ? ORDER BY seq DESC LIMIT ?"


def read_sections(tx: Tx, user_id: UserId, context_id: str, page: Page) -> tuple[Section, ...]:
    """Return the sections that *page* says, in its direction. Fewer than there are: the next page goes on there.

    Raises:
        NotFound, NotOwner: as `check_owner`.
    """
    check_owner(tx, user_id, context_id)
    found: list[Section] = []
    start, size = page.start, 0
    while (wanted := min(_READ_AT_ONCE, page.limit - len(found))) > 0:
        query = (_LONG_CHARS, context_id, start, wanted)
        rows = tx.execute(_BACKWARD if page.backward else _FORWARD, query)
        for seq, origin, blocks, created in rows:
            text = _long_blocks(tx, context_id, seq) if blocks is None else blocks
            size += len(text)
            if found and size > page.max_bytes:
                return tuple(found)
            found.append(Section(seq, origin, text, created))
        if len(rows) < wanted:
            break
        start = found[-1].seq + (0 if page.backward else 1)
    return tuple(found)


def _long_blocks(tx: Tx, context_id: str, seq: int) -> str:
    rows = tx.execute("SELECT blocks FROM ChatSections WHERE contextId = ? AND seq = ?", (context_id, seq))
    return str(rows[0][0])


def check_owner(tx: Tx, user_id: UserId, context_id: str) -> None:
    """Make sure that *context_id* is a chat of *user_id*.

    Raises:
        NotFound: no such chat context.
        NotOwner: it belongs to someone else.
    """
    if refused := _refusal(user_id, context_id, find_owner(tx, context_id)):
        raise refused


def get_end(tx: Tx, user_id: UserId, context_id: str) -> int:
    """Return the `seq` that the next section of *context_id* will have. Raises as `check_owner`."""
    check_owner(tx, user_id, context_id)
    ((last,),) = tx.execute("SELECT max(seq) FROM ChatSections WHERE contextId = ?", (context_id,))
    return 0 if last is None else int(last) + 1


def find_owner(tx: Tx, context_id: str) -> UserId | None:
    """Return whose chat context *context_id* is; None: there is none. It never changes, but it may be deleted."""
    rows = tx.execute("SELECT userId FROM ChatContexts WHERE contextId = ? AND deleted = ''", (context_id,))
    return UserId(rows[0][0]) if rows else None


class Known(msgspec.Struct, frozen=True):
    """A chat context, deleted (since then) or not."""

    owner: UserId
    deleted: str


def find_any(tx: Tx, context_id: str) -> Known | None:
    """Return what is known of *context_id*, deleted or not; None: there is none."""
    rows = tx.execute("SELECT userId, deleted FROM ChatContexts WHERE contextId = ?", (context_id,))
    return Known(UserId(rows[0][0]), rows[0][1]) if rows else None


def _refusal(user_id: UserId, context_id: str, owner: UserId | None) -> VibesError | None:
    """Return why *user_id* gets nothing of a chat context that belongs to *owner*; None: it is theirs."""
    if owner is None:
        # Whatever was sent: no more of it than an id has (limits.max_context_id_chars).
        return NotFound(f"There is no chat context {context_id[:128]}. Make it with ensureChatContext first.")
    if owner != user_id:
        return NotOwner(f"The chat context {context_id} belongs to someone else.")
    return None
