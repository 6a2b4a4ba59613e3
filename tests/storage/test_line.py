"""In what order a thread takes what waits. With `Line.take` giving out all that is there, the tests of turns fail."""

import queue
from typing import Any

from vibes_trio.storage.line import Line
from vibes_trio.storage.pending import Pending

LONG = 1000


def waiting(*sizes: int | None) -> queue.SimpleQueue[Pending[Any] | None]:
    """A queue of transactions of *sizes*; None is the end."""
    source: queue.SimpleQueue[Pending[Any] | None] = queue.SimpleQueue()
    for size in sizes:
        source.put(None if size is None else Pending(lambda tx: None, size))
    return source


def batches(line: Line) -> list[list[int]]:
    """All that is given out until the end."""
    found = []
    while batch := line.take():
        found.append([pending.size_bytes for pending in batch])
    return found


def test_short_ones_are_taken_together_up_to_the_bound():
    assert batches(Line(waiting(1, 2, 3, 4, 5, None), 3, LONG)) == [[1, 2, 3], [4, 5]]


def test_long_one_is_taken_alone_and_in_turn_with_the_others():
    line = Line(waiting(1, LONG, LONG + 1, 2, LONG + 2, None), 2, LONG)

    assert batches(line) == [[LONG], [1, 2], [LONG + 1], [LONG + 2]]


def test_short_one_waits_for_one_long_one_at_most():
    source = waiting(LONG, LONG, LONG)
    line = Line(source, 10, LONG)
    line.take()
    source.put(Pending(lambda tx: None, 1))

    assert [pending.size_bytes for pending in line.take()] == [1]


def test_steady_short_ones_do_not_keep_a_long_one_waiting():
    source = waiting(LONG, LONG, 1)
    line = Line(source, 10, LONG)
    given = []
    for _ in range(4):
        given.append([pending.size_bytes for pending in line.take()])
        source.put(Pending(lambda tx: None, 1))

    assert given == [[LONG], [1, 1], [LONG], [1, 1]]


def test_what_is_put_aside_still_waits():
    line = Line(waiting(LONG, LONG, 1), 10, LONG)
    line.take()

    assert len(line) == 2


def test_end_is_read_once_and_all_before_it_is_given_out():
    source = waiting(1, LONG, None, 2)
    line = Line(source, 10, LONG)

    assert batches(line) == [[LONG], [1]]
    assert line.take() == []
    assert source.qsize() == 1


def test_whether_a_short_one_waits_is_told_without_taking_it():
    source = waiting(LONG)
    line = Line(source, 10, LONG)

    assert not line.has_short
    source.put(Pending(lambda tx: None, 1))
    assert line.has_short
    assert batches(Line(waiting(1, None), 9, LONG)) == [[1]]
    source.put(None)
    assert batches(line) == [[LONG], [1]]
    assert not line.has_short
