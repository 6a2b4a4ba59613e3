"""Who may be interrupted when the server stops."""

import trio

from vibes_trio.front.state import Waiting


async def test_only_those_who_wait_are_interrupted_then_and_later():
    waiting, idle, busy, late = Waiting(), trio.CancelScope(), trio.CancelScope(), trio.CancelScope()
    waiting.add(idle)
    waiting.add(busy)
    waiting.discard(busy)

    waiting.interrupt()
    waiting.add(late)

    assert idle.cancel_called
    assert late.cancel_called
    assert not busy.cancel_called
