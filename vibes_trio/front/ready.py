"""Answers that were given before, kept whole: the same head bytes get the same answer but for its Date.

A GET of an app is a function of its head and of the releases that stand. So an answer is found by the exact bytes of
the head, before anything is parsed, and counts as long as the version of the releases is the one it was
made under. A client that varies its heads (a cookie, say) finds nothing here and is answered the usual way.
"""

from collections import OrderedDict
from collections.abc import Callable

from vibes_trio.exchange import Reply
from vibes_trio.front.http import build_head, has_body, http_date

_DATE = b"\r\nDate: "
ENTRY_BYTES = 512
"""What an entry costs beside its texts."""


class ReadyAnswers:
    """Answers by head, the least recently used going first when *max_bytes* is reached.

    State: the answers, and the sum of their sizes. Bodies are the very objects of the asset cache, but are
    counted here as well: an answer may outlive them there.
    """

    def __init__(self, max_bytes: int, version: Callable[[], int]) -> None:
        """Args: *version* gives a number that grows whenever an answer may change."""
        self._max_bytes = max_bytes
        self._version = version
        self._bytes = 0
        self._answers: OrderedDict[bytes, tuple[int, bytes, bytes, bytes]] = OrderedDict()

    def find(self, head: bytes) -> bytes | None:
        """Return the whole answer to *head*, with the Date of now, or None."""
        answer = self._answers.get(head)
        if answer is None:
            return None
        version, before, after, body = answer
        if version != self._version():
            self._forget(head)
            return None
        self._answers.move_to_end(head)
        return b"".join((before, http_date().encode(), after, body))

    def keep(self, head: bytes, method: str, reply: Reply, version: int) -> None:
        """Keep *reply* to *head*, made while the releases had *version*; one too large for here is not kept."""
        body = reply.body if has_body(method, reply.status) else b""
        size = ENTRY_BYTES + len(head) + len(body)
        if size * 8 > self._max_bytes or head in self._answers:
            return
        text = build_head(reply)
        before, date, after = text.partition(_DATE)
        self._answers[head] = (version, before + date, after[after.index(b"\r\n") :], body)
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._answers)))

    def version(self) -> int:
        """Return the version of now; to be read before an answer is made."""
        return self._version()

    def _forget(self, head: bytes) -> None:
        body = self._answers.pop(head)[3]
        self._bytes -= ENTRY_BYTES + len(head) + len(body)
