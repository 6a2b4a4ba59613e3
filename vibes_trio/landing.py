"""Which assets were put ahead of the release that will name them: until it does, they look like garbage."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from vibes_trio.exchange import Cid


class Landing:
    """The assets of deploys in flight. Its mutable state: how many of those bring each."""

    def __init__(self) -> None:
        self._deploys: Counter[Cid] = Counter()

    @property
    def cids(self) -> frozenset[Cid]:
        """The assets."""
        return frozenset(self._deploys)

    @contextmanager
    def hold(self, cids: Iterable[Cid]) -> Iterator[None]:
        """Count *cids* as in flight within the block."""
        held = tuple(cids)
        self._deploys.update(held)
        try:
            yield
        finally:
            for cid in held:
                self._deploys[cid] -= 1
                if not self._deploys[cid]:
                    del self._deploys[cid]
