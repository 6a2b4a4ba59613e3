import sys
import threading
import time
from collections.abc import Iterator

import pytest

from vibes_trio.interpreter import TURN_S, share_interpreter


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


def test_threads_take_short_turns() -> None:
    share_interpreter()

    assert sys.getswitchinterval() == pytest.approx(TURN_S)


def test_a_thread_that_asks_often_is_not_held_up_by_one_that_works_on() -> None:
    """With the turns of 5 ms that are Python's own, twenty of these take a tenth of a second."""
    over = threading.Event()
    worker = threading.Thread(target=lambda: [None for _ in iter(over.is_set, True)])
    share_interpreter()
    worker.start()
    try:
        took_s = min(seconds_of_twenty() for _ in range(5))  # of a machine that does other things, too
    finally:
        over.set()
        worker.join()

    assert took_s < 0.08


def seconds_of_twenty() -> float:
    started = time.perf_counter()
    for _ in range(20):
        time.sleep(0)  # gives the interpreter away, and asks for it again
    return time.perf_counter() - started
