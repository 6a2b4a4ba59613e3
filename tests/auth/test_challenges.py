"""A challenge counts once, for what it was made, for a while, at the process that made it."""

import pytest

from vibes_trio.auth.challenges import Challenges


@pytest.fixture
def challenges():
    return Challenges(valid_s=300, most=2)


@pytest.mark.parametrize(("after_s", "counts"), [(0, True), (299, True), (300, False), (-1, False)])
def test_it_counts_for_a_while(challenges, after_s, counts):
    made = challenges.make("ada", 1000)

    assert challenges.counts(made, "ada", 1000 + after_s) == counts


def test_it_counts_for_nothing_else_and_nowhere_else(challenges):
    made = challenges.make("ada", 1000)

    assert not challenges.counts(made, "eve", 1000)
    assert not Challenges(300, 2).counts(made, "ada", 1000)
    for place in range(len(made)):
        changed = made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :]
        assert not challenges.counts(changed, "ada", 1000)
    assert not challenges.counts(made[:-1], "ada", 1000)
    assert not challenges.counts(b"", "ada", 1000)


def test_it_counts_once_and_what_is_kept_of_that_is_bounded(challenges):
    made = [challenges.make("ada", 1000) for _ in range(3)]
    for one in made:
        challenges.use(one, 1000)

    assert not challenges.counts(made[2], "ada", 1001)
    assert len(challenges._used) == 2
    challenges.use(challenges.make("ada", 1300), 1300)
    assert len(challenges._used) == 1
