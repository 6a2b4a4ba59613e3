"""Answers that were given before, kept whole: the same question gets the same answer but for its Date.

What an app's host answers to a GET is a function of method, host, target and the few headers that reading looks at
(`READING_HEADERS`), and of the releases that stand: an answer counts as long as the version of the
releases is the one it was made under. It is found in two ways: by the exact bytes of a head, before anything is
parsed; or, as other headers (a cookie, say) differ from head to head, by the question that the parsed head asks.
"""

from collections import OrderedDict
from collections.abc import Callable

from vibes_trio.exchange import READING_HEADERS, Reply
from vibes_trio.front.heads import Head
from vibes_trio.front.http import build_head, has_body, http_date

Question = tuple[str | None, ...]

_DATE = b"\r\nDate: "
ENTRY_BYTES = 1024
"""What an answer costs beside its texts."""
HEAD_BYTES = 256
"""What remembering a head costs beside its text."""
SEEN_ONCE = 4096
"""Heads of which only is known that they came once: most of the heads that vary never come again."""


class ReadyAnswers:
    """Answers by question, and questions by head; the least recently used go first when *max_bytes* is reached.

    State: both maps with their sizes (heads get a quarter of the room), and the hashes of heads that came once.
    Bodies are the very objects of the asset cache, but are counted here as well: an answer may outlive them there.
    """

    def __init__(self, max_bytes: int, version: Callable[[], int]) -> None:
        """Args: *version* gives a number that grows whenever an answer may change."""
        self._version = version
        self._max_bytes = max_bytes * 3 // 4
        self._bytes = 0
        self._answers: OrderedDict[Question, tuple[int, bytes, bytes, bytes]] = OrderedDict()
        self._max_heads_bytes = max_bytes // 4
        self._heads_bytes = 0
        self._questions: OrderedDict[bytes, Question] = OrderedDict()
        self._seen: set[int] = set()

    def find(self, data: bytes) -> bytes | None:
        """Return the whole answer to the head with the bytes *data*, with the Date of now, or None."""
        question = self._questions.get(data)
        if question is None:
            return None
        self._questions.move_to_end(data)
        return self._find(question)

    def find_alike(self, head: Head, data: bytes) -> bytes | None:
        """Return the whole answer to what *head*, read from *data*, asks, or None."""
        answer = self._find(question_of(head))
        if answer is not None:
            self._remember(data, question_of(head))
        return answer

    def keep(self, head: Head, data: bytes, reply: Reply, version: int) -> None:
        """Keep *reply* to *head*, made while the releases had *version*; one too large for here is not kept."""
        body = reply.body if has_body(head.method, reply.status) else b""
        question = question_of(head)
        if (ENTRY_BYTES + len(body)) * 8 > self._max_bytes or question in self._answers:
            return
        before, date, after = build_head(reply).partition(_DATE)
        self._answers[question] = (version, before + date, after[after.index(b"\r\n") :], body)
        self._bytes += ENTRY_BYTES + len(body)
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._answers)))
        self._remember(data, question)

    def version(self) -> int:
        """Return the version of now; to be read before an answer is made."""
        return self._version()

    def _find(self, question: Question) -> bytes | None:
        answer = self._answers.get(question)
        if answer is None:
            return None
        version, before, after, body = answer
        if version != self._version():
            self._forget(question)
            return None
        self._answers.move_to_end(question)
        return b"".join((before, http_date().encode(), after, body))

    def _remember(self, data: bytes, question: Question) -> None:
        """Remember the bytes of a head at the second time they come."""
        mark = hash(data)
        if mark not in self._seen:
            if len(self._seen) >= SEEN_ONCE:
                self._seen.clear()
            self._seen.add(mark)
            return
        if data in self._questions or (HEAD_BYTES + len(data)) * 8 > self._max_heads_bytes:
            return
        self._questions[data] = question
        self._heads_bytes += HEAD_BYTES + len(data)
        while self._heads_bytes > self._max_heads_bytes:
            oldest, _ = self._questions.popitem(last=False)
            self._heads_bytes -= HEAD_BYTES + len(oldest)

    def _forget(self, question: Question) -> None:
        self._bytes -= ENTRY_BYTES + len(self._answers.pop(question)[3])


def question_of(head: Head) -> Question:
    """Return all that the answer to a GET or HEAD depends on."""
    headers = head.headers
    return (head.method, head.host, head.target, *(headers.get(name) for name in READING_HEADERS))
