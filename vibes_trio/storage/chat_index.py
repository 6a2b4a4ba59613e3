"""Chats whose sections are to be looked through: for search, and for what lists tell of them.

An append costs nothing for that: the feed says which chats have more, and the table (`indexed`) how far each is looked
through, so that nothing is forgotten when the server ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import trio

from vibes_trio.exchange import UserId
from vibes_trio.storage.feed import Change, Sections
from vibes_trio.storage.interface import ChatSearch, Text, Tx


class ToIndex:
    """The chats that are known to have more. State: these; when something was appended last; and whether all may."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._chats: dict[str, None] = {}
        self.appended_at = 0.0
        self.all = True
        """Whether chats have to be looked for in the table: at the start, and after too many at once."""
        self.turn = trio.Lock()
        """Who looks through a chat has it."""

    def hear(self, change: Change) -> None:
        """Take that a chat has more; a `feed.Hear`."""
        if isinstance(change, Sections):
            self._chats[change.context_id] = None
            self.appended_at = trio.current_time()
            if len(self._chats) > self._most:
                self._chats.clear()
                self.all = True

    def __len__(self) -> int:
        """How many there are."""
        return len(self._chats)

    def add(self, context_ids: Sequence[str]) -> None:
        """Take chats that were found in the table."""
        self._chats |= dict.fromkeys(context_ids)

    def take(self) -> str | None:
        """Return the next, which is none of them any more; None: there is none."""
        for context_id in self._chats:
            del self._chats[context_id]
            return context_id
        return None

    def take_late(self, is_wanted: Callable[[str], bool], looks: int) -> str | None:
        """As `take`, the last that *is_wanted*, if it is among the last so many."""
        for context_id in islice(reversed(self._chats), looks):
            if is_wanted(context_id):
                del self._chats[context_id]
                return context_id
        return None


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in some sections of a chat.

    Attributes:
        start, end: from which `seq` on, and up to which (not included).
        updated: when the last was appended.
        preview: how the text begins.
    """

    context_id: str
    start: int
    end: int
    updated: str
    preview: str
    texts: tuple[Text, ...]


def list_unindexed(tx: Tx, after: str, at_most: int) -> tuple[str, tuple[str, ...]]:
    """Return which of the next *at_most* chats behind *after* have more than was looked through, and the last of all.

    No last: there are no more.
    """
    rows = tx.execute(
        "SELECT contextId, indexed < coalesce((SELECT max(seq) + 1 FROM ChatSections AS s"
        " WHERE s.contextId = c.contextId), 0) FROM ChatContexts AS c WHERE contextId > ? ORDER BY contextId LIMIT ?",
        (after, at_most),
    )
    return (rows[-1][0] if rows else ""), tuple(row[0] for row in rows if row[1])


def look_through(tx: Tx, context_id: str, at_most: int, text_of: Callable[[str], str]) -> Looked | None:
    """Return what the next sections of a chat say, by *text_of*; None: there are none."""
    rows = tx.execute("SELECT userId, indexed, preview FROM ChatContexts WHERE contextId = ?", (context_id,))
    if not rows:
        return None
    owner, start, preview = rows[0]
    texts: list[Text] = []
    updated = ""
    # One by one: each may be long, and none is kept as it is.
    while len(texts) < at_most:
        found = tx.execute(
            "SELECT seq, blocks, created FROM ChatSections WHERE contextId = ? AND seq >= ? ORDER BY seq LIMIT 1",
            (context_id, texts[-1].seq + 1 if texts else start),
        )
        if not found:
            break
        seq, blocks, updated = found[0]
        text = text_of(blocks)
        texts.append(Text(UserId(owner), context_id, seq, text))
        preview = preview or text
    return Looked(context_id, start, texts[-1].seq + 1, updated, preview, tuple(texts)) if texts else None


def shortened(looked: Looked, most_chars: int) -> Looked:
    """Return *looked* with a preview on one line, of so many characters."""
    words = " ".join(looked.preview[: 4 * most_chars].split())
    return replace(looked, preview=words if len(words) <= most_chars else words[: most_chars - 1] + "…")


def note_looked(tx: Tx, search: ChatSearch, looked: Looked) -> bool:
    """Have what was found be found by others, too. False: the chat is gone, or somebody else was quicker."""
    rows = tx.execute(
        "UPDATE ChatContexts SET indexed = ?, preview = ?, updated = CASE WHEN updated < ? THEN ? ELSE updated END"
        " WHERE contextId = ? AND indexed = ? RETURNING contextId",
        (
            looked.end,
            looked.preview,
            looked.updated,
            looked.updated,
            looked.context_id,
            looked.start,
        ),
    )
    if rows:
        search.put(tx, looked.texts)
    return bool(rows)
