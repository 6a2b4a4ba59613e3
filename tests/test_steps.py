"""Work in steps gives the same at once and in turns."""

import pytest
import trio

from vibes_trio.steps import KEPT_WHOLE_BYTES, Steps, let_go, run_in_turns, run_through


def three_steps(done: list[str]) -> Steps[int]:
    for name in "abc":
        done.append(name)
        yield
    return 3


def test_work_in_steps_is_done_at_once_where_nobody_waits():
    done: list[str] = []

    assert run_through(three_steps(done)) == 3
    assert done == ["a", "b", "c"]


async def test_others_have_a_turn_after_each_step():
    done: list[str] = []

    async def other() -> None:
        for _ in range(3):
            done.append("other")
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        assert await run_in_turns(three_steps(done)) == 3

    assert "".join(name[0] for name in done).replace("o", "") == "abc"
    assert done.index("other") < done.index("c")


async def test_a_long_block_is_given_back_by_halves(autojump_clock):
    block = bytearray(16 * KEPT_WHOLE_BYTES)

    await let_go(block)

    assert len(block) <= KEPT_WHOLE_BYTES


@pytest.mark.parametrize("block", [b"x" * (2 * KEPT_WHOLE_BYTES), bytearray(2 * KEPT_WHOLE_BYTES)])
async def test_a_block_that_is_looked_into_or_can_not_shrink_stays(block, autojump_clock):
    with memoryview(block):
        await let_go(block)

        assert len(block) == 2 * KEPT_WHOLE_BYTES
