"""Fair turns: who asks often waits for himself, not the others for him."""

from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from vibes_trio.errors import Overloaded


class FairTurns:
    """Lets *at_once* work at a time. Of those who wait, each in turn is let in with what it asked for first.

    Mutable state: how many more may work, and by whom, in the order of their next turns, what waits.

    Args:
        most: how much may wait of one, and eight times that of all together.
    """

    def __init__(self, at_once: int, most: int) -> None:
        self._free = at_once
        self._most = most
        self._waiting: OrderedDict[str, deque[trio.Event]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for a turn of *who*; it ends with the block.

        Raises:
            Overloaded: too much waits already, of *who* or in all.
        """
        await self._enter(who)
        try:
            yield
        finally:
            self._let_next_in()

    async def _enter(self, who: str) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._free:
            self._free -= 1
            return
        queue = self._waiting.get(who, ())
        if len(queue) >= self._most or sum(map(len, self._waiting.values())) >= 8 * self._most:
            raise Overloaded("Too many large messages at the moment; try again in a second.")
        turn = trio.Event()
        self._waiting.setdefault(who, deque()).append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._let_next_in()
            else:
                self._give_up(who, turn)
            raise

    def _give_up(self, who: str, turn: trio.Event) -> None:
        self._waiting[who].remove(turn)
        if not self._waiting[who]:
            del self._waiting[who]

    def _let_next_in(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        who, queue = self._waiting.popitem(last=False)
        queue.popleft().set()
        if queue:
            self._waiting[who] = queue
