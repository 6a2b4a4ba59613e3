"""How many bytes of requests and messages are in memory, of all connections together.

Each has a limit of its own, but thousands of connections times 16 MiB are more than any machine has; and bodies
are read before anybody is asked for a token. What is small is always taken: only who sends much is refused.
"""

from types import TracebackType

SMALL_BYTES = 64 * 1024


class Held:
    """The sum over all connections. Mutable state: `bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self.bytes = 0
        self.limit_bytes = limit_bytes


class Share:
    """What one connection holds, given back at the end of the block.

    Mutable state: `bytes`, and `refused`, whether it wanted more than there was.
    """

    __slots__ = ("_held", "bytes", "refused")

    def __init__(self, held: Held) -> None:
        self._held = held
        self.bytes = 0
        self.refused = False

    def __enter__(self) -> "Share":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.set(0)

    def add(self, size: int) -> bool:
        """Hold *size* bytes more; see `set`."""
        return self.set(self.bytes + size)

    def set(self, size: int) -> bool:
        """Hold *size* bytes. Returns False if all together are too many and this is not small: give it up then."""
        self._held.bytes += size - self.bytes
        self.bytes = size
        if size > SMALL_BYTES and self._held.bytes > self._held.limit_bytes:
            self.refused = True
            return False
        return True
