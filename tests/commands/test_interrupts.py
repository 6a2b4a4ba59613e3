"""Ctrl-C ends what goes on for ever, in order."""

import os
import signal

import pytest
import trio

from vibes_trio.commands.interrupts import until_interrupted


async def test_what_runs_is_tidied_up_before_the_interrupt_is_raised() -> None:
    tidied = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await trio.sleep_forever()
        finally:
            tidied.append(True)

    with pytest.raises(KeyboardInterrupt):
        await until_interrupted(work)

    assert tidied == [True]


async def test_what_ends_by_itself_is_no_interrupt() -> None:
    async def work() -> None:
        await trio.lowlevel.checkpoint()

    await until_interrupted(work)


async def test_an_error_is_its_own() -> None:
    async def work() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await until_interrupted(work)
