"""Search in the text of chats, by SQLite's FTS5. Found are words, however they are written, and beginnings of the last.

Scripts that have no blanks between words (Chinese, Japanese, Thai, …) are taken letter by letter, so that any part of
a sentence is found in it, without a dictionary of any language.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing

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
_INDEXED_CHARS = 3
"""Beginnings of so many letters have an index of their own (`prefix` of the table)."""
_MOST_TERMS = 32
"""A longer beginning is looked for as the words that begin so, up to so many: each costs a look."""
_TOKENIZER = 'tokenize = "unicode61 remove_diacritics 2"'
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

        Where none has the last word, those are found that have one which begins so. FTS5 puts the sections of all
        words together that begin in a way it has no index of, before it finds the first: so it is asked for these
        words, unless they are too many.
        """
        wanted = _query(user_id, asked.words)
        if not wanted:
            return ()
        found = _select(tx, user_id, wanted, asked)
        is_first = asked.after is None and not asked.context_id
        if not found and (is_first or not _select(tx, user_id, wanted, SearchAsked(asked.words, 1))):
            begun = _query(user_id, asked.words, lambda piece: _begun(tx, piece))
            found = _select(tx, user_id, begun, asked) if begun != wanted else found
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


def _query(user_id: UserId, words: Sequence[str], last: Callable[[str], str] | None = None) -> str:
    """Return what FTS5 is asked; empty: no word is among *words*. *last*: how it is asked for the last one."""
    pieces = [piece for word in words if any(map(str.isalnum, piece := word.replace('"', " ")))]
    if not pieces:
        return ""
    phrases = list(map(_phrase, pieces))
    if last is not None:
        phrases[-1] = last(pieces[-1])
    return f"owner : {_owner_word(user_id)} AND words : ({' AND '.join(phrases)})"


def _phrase(piece: str) -> str:
    return f'"{" ".join(_spaced(piece).split())}"'


def _begun(tx: Tx, piece: str) -> str:
    """Return how FTS5 is asked for *piece*, of whose last word only the beginning is known."""
    if len(piece) < 2 or re.search(_LETTER, piece[-1]):
        return _phrase(piece)
    terms = _terms_of(_spaced(piece))
    if terms and len(terms[-1]) > _INDEXED_CHARS:
        ends = _list_terms(tx, terms[-1])
        if ends in ([], [terms[-1]]):
            return _phrase(piece)
        if len(ends) <= _MOST_TERMS:
            return f"({' OR '.join(_phrase(' '.join((*terms[:-1], end))) for end in ends)})"
    return _phrase(piece) + " *"


def _terms_of(text: str) -> list[str]:
    """Return the words of *text* as FTS5 keeps them."""
    with closing(sqlite3.connect(":memory:")) as own:
        own.execute(f"CREATE VIRTUAL TABLE t USING fts5 (words, {_TOKENIZER})")
        own.execute("CREATE VIRTUAL TABLE terms USING fts5vocab (t, instance)")
        own.execute("INSERT INTO t (words) VALUES (?)", (text,))
        return [term for (term,) in own.execute("SELECT term FROM terms ORDER BY offset")]


def _list_terms(tx: Tx, begun: str) -> list[str]:
    """Return words that begin with *begun*, one more than are of use at most: a look each, however often they stand."""
    rows = tx.execute(
        "WITH RECURSIVE found (term) AS (SELECT (SELECT term FROM ChatTerms WHERE term >= ? LIMIT 1)"
        " UNION ALL SELECT (SELECT term FROM ChatTerms WHERE term >= found.term || char(1) LIMIT 1) FROM found"
        " WHERE substr(found.term, 1, ?) = ? LIMIT ?) SELECT term FROM found WHERE substr(term, 1, ?) = ?",
        (begun, len(begun), begun, _MOST_TERMS + 2, len(begun), begun),
    )
    return [term for (term,) in rows]


def _read_snippet(marked: str) -> tuple[Snippet, ...]:
    """Return the parts of a snippet, in turn beside what was looked for and that."""
    text = re.sub(" +", " ", marked.replace(_APART, ""))
    parts = []
    for number, piece in enumerate(re.split(f"[{_BEGIN}{_END}]", text)):
        if piece:
            parts.append(Snippet(piece, hit=number % 2 == 1))
    return tuple(parts)
