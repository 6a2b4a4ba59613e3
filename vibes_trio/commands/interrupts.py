"""Ctrl-C as the way to end what goes on for ever: all is tidied up first, whatever was just being done."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import trio

from vibes_trio.client.dial import without_group


async def until_interrupted(work: Callable[[], Awaitable[None]]) -> None:
    """Run *work*; on Ctrl-C it is cancelled. Only where Python may handle signals: in the main thread.

    Raises:
        KeyboardInterrupt: it was; by then *work* is over.
    """
    with trio.open_signal_receiver(signal.SIGINT) as signals, without_group():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_at, signals, nursery.cancel_scope)
            await work()
            nursery.cancel_scope.cancel()
            return
    raise KeyboardInterrupt


async def _cancel_at(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    async for _ in signals:
        scope.cancel()
