"""How often somebody may try something: so many times in a window of time, by the address that they come from.

State: the times of late tries, by address, those that tried longest ago first. When too many addresses are there the
first are forgotten: who has so many is not held up by this anyway.
"""

from collections import OrderedDict, deque
from collections.abc import Callable

from vibes_trio.errors import Overloaded


class Tries:
    """Counts tries.

    Args:
        most: of one address within *window_s* seconds.
        addresses: that are kept.
        now: Unix seconds.
    """

    def __init__(self, most: int, window_s: float, addresses: int, now: Callable[[], float]) -> None:
        self._most, self._window_s, self._addresses, self._now = most, window_s, addresses, now
        self._tried: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tried)

    def note(self, address: str) -> None:
        """Count a try.

        Raises:
            Overloaded: there were too many of late. This one does not count, so that the next may be the first again.
        """
        now = self._now()
        times = self._tried.setdefault(address, deque())
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if len(times) >= self._most:
            wait_s = max(1, round(times[0] + self._window_s - now))
            raise Overloaded(f"Too many tries: wait {wait_s} seconds.", retry_after_s=wait_s)
        times.append(now)
        self._tried.move_to_end(address)
        if len(self._tried) > self._addresses:
            self._tried.popitem(last=False)
