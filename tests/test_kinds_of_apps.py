"""That what holds each way in which apps come is there."""

from pathlib import Path

import pytest
from kinds_of_apps import KINDS, Way

TESTS = Path(__file__).parent
WAYS = [way for ways in KINDS.values() for way in ways]


def is_there(test: str) -> bool:
    """Whether *test* names a folder that is deployed and used, or a function of a file of tests."""
    file, _, name = test.partition("::")
    if not name:
        return (TESTS / file / "expect.json").is_file()
    text = (TESTS / file).read_text("utf-8") if (TESTS / file).is_file() else ""
    return f"def {name}(" in text


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.about)
def test_each_way_is_held_by_tests_that_are_there(way: Way):
    assert way.tests
    assert [test for test in way.tests if not is_there(test)] == []


def test_no_way_is_told_twice():
    assert len({way.about for way in WAYS}) == len(WAYS)
