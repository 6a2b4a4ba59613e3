"""Search in the text of chats, by SQLite's FTS5. Found are words, however they are written, and beginnings of the last.

Scripts that have no blanks between words (Chinese, Japanese, Thai, …) are taken letter by letter, so that any part of
a sentence is found in it, without a dictionary of any language.
"""

import hashlib
import re
from collections.abc import Sequence

from vibes_trio.exchange import UserId
from vibes_trio.storage.interface import Hit, Row, SearchAsked, Snippet, Text, Tx, Value

SEQ_BITS = 30
"""Of a row's number; the rest is the number of the chat."""
_LAST = 2**62
# Round what was looked for, and round letters of scripts without blanks: no word has them, and FTS5 passes them over.
_BEGIN, _END, _APART = "\x02", "\x03", "\x1f"
# What is said has none of them then; nor a NUL, at which FTS5 takes a question, and a snippet, to end.
_NOT_SAID = ("\0", _BEGIN, _END, _APART)
_SNIPPET_WORDS = 16
_OWNER_CHARS = 20
# Thai and Lao, Myanmar, Khmer, kana, ideographs, Hangul.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Text, which `re` compiles when it is needed: a start has no time for them.
_LETTER = f"[{_UNSPACED}]"


class SqliteChatSearch:
    """See `interface.ChatSearch`."""

    def put(self, tx: Tx, texts: Sequence[Text]) -> None:
        """Have *texts* be found."""
        for text in texts:
            row = "(SELECT number FROM ChatNumbers WHERE contextId = ?) * 1073741824 + ?"
            key: tuple[Value, ...] = (text.context_id, text.seq)
            tx.execute(f"DELETE FROM ChatText WHERE rowid = {row}", key)
            tx.execute(
                f"INSERT INTO ChatText (rowid, owner, words) VALUES ({row}, ?, ?)",
                (*key, _owner_word(text.user_id), _spaced(text.text)),
            )

    def find(self, tx: Tx, user_id: UserId, asked: SearchAsked) -> tuple[Hit, ...]:
        """Return sections of *user_id* that have all the words, of the youngest chats first, their last first.

        Where none has the last word, those are found that have one which begins so: to look for beginnings takes the
        longer the more sections there are, to look for words does not.
        """
        wanted = _query(user_id, asked.words)
        if not wanted:
            return ()
        found = _select(tx, user_id, wanted, asked)
        if not found and not _select(tx, user_id, wanted, SearchAsked(asked.words, 1)):
            found = _select(tx, user_id, _query(user_id, asked.words, begun=True), asked)
        return tuple(_hit(row) for row in found)


def _select(tx: Tx, user_id: UserId, wanted: str, asked: SearchAsked) -> Sequence[Row]:
    below = asked.after if asked.after is not None else _LAST
    least = 0
    if asked.context_id:
        rows = tx.execute("SELECT number FROM ChatNumbers WHERE contextId = ?", (asked.context_id,))
        least = rows[0][0] << SEQ_BITS if rows else _LAST
        below = min(below, least + (1 << SEQ_BITS))
    return tx.execute(
        "SELECT t.rowid, n.contextId, c.title, c.preview,"
        f" snippet(ChatText, 1, char(2), char(3), '…', {_SNIPPET_WORDS}), s.origin, s.created"
        " FROM ChatText AS t CROSS JOIN ChatNumbers AS n ON n.number = t.rowid >> 30"
        " CROSS JOIN ChatContexts AS c ON c.contextId = n.contextId"
        " CROSS JOIN ChatSections AS s ON s.contextId = n.contextId AND s.seq = t.rowid & 1073741823"
        " WHERE ChatText MATCH ? AND t.rowid < ? AND t.rowid >= ? AND c.deleted = '' AND c.userId = ?"
        " ORDER BY t.rowid DESC LIMIT ?",
        (wanted, below, least, user_id, asked.limit),
    )


def _hit(row: Row) -> Hit:
    place, context_id, title, preview, snippet, origin, created = row
    return Hit(
        place=place,
        context_id=context_id,
        seq=place & ((1 << SEQ_BITS) - 1),
        origin=origin,
        created=created,
        title=title or preview,
        snippet=_read_snippet(snippet),
    )


def _owner_word(user_id: UserId) -> str:
    return "u" + hashlib.sha256(user_id.encode()).hexdigest()[:_OWNER_CHARS]


def _spaced(text: str) -> str:
    """Return *text* with marks round each letter of a script without blanks; its own such marks are blanks then."""
    for mark in _NOT_SAID:
        text = text.replace(mark, " ")
    return re.sub(_LETTER, rf"{_APART}\g<0>{_APART}", text)


def _query(user_id: UserId, words: Sequence[str], *, begun: bool = False) -> str:
    """Return what FTS5 is asked; empty: no word is among *words*. *begun*: the last may be the beginning of one."""
    pieces = [piece for word in words if any(map(str.isalnum, piece := word.replace('"', " ")))]
    if not pieces:
        return ""
    phrases = [f'"{" ".join(_spaced(piece).split())}"' for piece in pieces]
    if begun and len(pieces[-1]) > 1 and not re.search(_LETTER, pieces[-1][-1]):
        phrases[-1] += " *"
    return f"owner : {_owner_word(user_id)} AND words : ({' AND '.join(phrases)})"


def _read_snippet(marked: str) -> tuple[Snippet, ...]:
    """Return the parts of a snippet, in turn beside what was looked for and that."""
    text = re.sub(" +", " ", marked.replace(_APART, ""))
    parts = []
    for number, piece in enumerate(re.split(f"[{_BEGIN}{_END}]", text)):
        if piece:
            parts.append(Snippet(piece, hit=number % 2 == 1))
    return tuple(parts)
