"""Which hosts could not be reached lately, so that a dead network is waited for once, not once a package."""

from collections.abc import Hashable


class Reach:
    """Remembers hosts that are out of reach, each time in a row for twice as long.

    Its mutable state: host → until when that is believed, and for how long; and the hosts that answered when they
    were asked last. Hosts are few: they come from settings.
    """

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._lost: dict[Hashable, tuple[float, float]] = {}
        self._found: set[Hashable] = set()

    def is_lost(self, host: Hashable, now: float) -> bool:
        """Return whether *host* need not be asked at *now*, in seconds of any clock."""
        return host in self._lost and now < self._lost[host][0]

    def note_lost(self, host: Hashable, now: float) -> None:
        """Note that *host* could not be reached. Tries that were under way together count once."""
        self._found.discard(host)
        if self.is_lost(host, now):
            return
        last_s = self._lost[host][1] if host in self._lost else 0.0
        for_s = min(max(self._first_s, last_s * 2), self._most_s)
        self._lost[host] = now + for_s, for_s

    def note_found(self, host: Hashable) -> None:
        """Note that *host* answered."""
        self._lost.pop(host, None)
        self._found.add(host)

    def is_found(self, host: Hashable) -> bool:
        """Return whether *host* answered when it was asked last: what takes long then is worth waiting for."""
        return host in self._found
