"""Answers that were given before, kept whole: the same question gets the same answer but for its Date.

What an app's host answers to a GET is a function of method, host, target and the few headers that reading looks at
(`READING_HEADERS`), and of the releases that stand: an answer counts as long as the version of the
releases is the one it was made under. It is found by its question: the bytes of the head without the lines that
neither the answer nor the framing depends on (a cookie, say), taken out before anything is parsed.
"""

import re
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

from vibes_trio.counts import Cell
from vibes_trio.exchange import OF_RELEASES, READING_HEADERS, Reply
from vibes_trio.front.budget import Buffer
from vibes_trio.front.heads import FRAMING_HEADERS
from vibes_trio.front.http import JOINED_BYTES, build_head, has_body, http_date

_DATE = b"\r\nDate: "
ENTRY_BYTES = 1024
"""What an answer costs beside its texts."""


def _any_case(name: str) -> str:
    # Twice as fast as to ignore the case of the whole pattern.
    return "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in name)


# A well-formed line of a head that is none of those in the list, nor a Referer that names a release. `heads.py` takes
# any number of them.
_OTHER_LINE = rb"\r\n(?!(?:%b):%b)[-!#$%%&'*+.^_`|~0-9a-zA-Z]+:[\t -~\x80-\xff]*(?=\r\n)"
_THAT_MATTER = "|".join(map(_any_case, sorted({*READING_HEADERS, *FRAMING_HEADERS}))).encode()
_REFERER = rb"|%b:[^\r\n]*%b" % (_any_case("referer").encode(), OF_RELEASES.encode())
_OF_NO_MATTER = re.compile(_OTHER_LINE % (_THAT_MATTER, _REFERER))
# In a release nothing depends on who refers to it (`exchange.referer_counts`).
_OF_NO_MATTER_IN_RELEASE = re.compile(_OTHER_LINE % (_THAT_MATTER, b""))
_IN_RELEASE = tuple(f"{method} {OF_RELEASES}".encode() for method in ("GET", "HEAD"))


class ReadyAnswers:
    """Answers by question; the least recently used go first when *max_bytes* is reached.

    State: the map and its size. Bodies are the very objects of the asset cache, but are counted here as well: an
    answer may outlive them there.
    """

    def __init__(self, max_bytes: int, version: Callable[[], int]) -> None:
        """Args: *version* gives a number that grows whenever an answer may change."""
        self._version = version
        self._max_bytes = max_bytes
        self._bytes = 0
        self._answers: OrderedDict[bytes, tuple[int, bytes, bytes, bytes | memoryview, Cell]] = OrderedDict()

    def find(self, data: bytes, max_bytes: int = sys.maxsize) -> tuple[Buffer, ...] | None:
        """Return the whole answer to the head that *data* is, in parts, with the Date of now, or None.

        It counts as given. *data* may be anything. None, too, if it is not exactly one head, or if the answer's body
        has more than *max_bytes*.
        """
        question = question_of(data)
        answer = self._answers.get(question)
        if answer is None:
            return None
        version, before, after, body, given = answer
        if len(body) > max_bytes:
            return None
        if version != self._version():
            self._forget(question)
            return None
        self._answers.move_to_end(question)
        given.value += 1
        date = _date_of(int(time.time()))
        if len(body) <= JOINED_BYTES:
            return (b"".join((before, date, after, body)),)
        return b"".join((before, date, after)), body

    def keep(
        self,
        data: bytes,
        method: str,
        reply: Reply,
        version: int,
        readers: str = "",
        given: Cell | None = None,
    ) -> None:
        """Keep *reply* to a *method*, made while the releases had *version*; one too large for here is not kept.

        Args:
            data: the head it answers: a simple one (`heads.py`), of a connection that goes on.
            readers: as in `Head`; the same for all who ask this.
            given: where it is counted how often the answer is given.
        """
        body = reply.body if has_body(method, reply.status) else b""
        question = question_of(data)
        if _cost(question, body) * 8 > self._max_bytes or question in self._answers:
            return
        before, date, after = build_head(reply, readers=readers).partition(_DATE)
        self._answers[question] = (
            version,
            before + date,
            after[after.index(b"\r\n") :],
            body,
            given or Cell(),
        )
        self._bytes += _cost(question, body)
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._answers)))

    def version(self) -> int:
        """Return the version of now; to be read before an answer is made."""
        return self._version()

    def _forget(self, question: bytes) -> None:
        self._bytes -= _cost(question, self._answers.pop(question)[3])


@lru_cache(maxsize=2)  # a second has many answers
def _date_of(second: int) -> bytes:
    return http_date(second).encode()


def _cost(question: bytes, body: bytes | memoryview) -> int:
    return ENTRY_BYTES + len(question) + len(body)


def question_of(data: bytes) -> bytes:
    """Return all that the answer to the simple head *data* depends on; empty if *data* is not one whole head.

    That it ends with its first empty line is needed: what follows a head is no line of it. All else that is not
    as it should be (a folded line, a bare line end, what is no header at all) stays in the question, and no
    question of a simple head has such a thing.
    """
    end = data.find(b"\r\n\r\n")
    if not 0 < end == len(data) - 4:
        return b""
    of_no_matter = _OF_NO_MATTER_IN_RELEASE if data.startswith(_IN_RELEASE) else _OF_NO_MATTER
    return of_no_matter.sub(b"", data)
