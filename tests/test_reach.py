"""Who is out of reach, and for how long that is believed."""

from vibes_trio.reach import Reach


def test_a_host_that_could_not_be_reached_is_left_alone_twice_as_long_each_time():
    reach = Reach(first_s=10, most_s=35)

    assert not reach.is_lost("a", 0)
    for lost_at, until in [(0, 10), (10, 30), (30, 65), (65, 100)]:
        reach.note_lost("a", lost_at)
        assert reach.is_lost("a", until - 1)
        assert not reach.is_lost("a", until)
    assert not reach.is_lost("b", 1)


def test_tries_that_were_under_way_together_count_once():
    reach = Reach(first_s=10, most_s=100)

    for now in (0, 1, 2):
        reach.note_lost("a", now)

    assert not reach.is_lost("a", 10)


def test_a_host_that_answers_is_forgiven():
    reach = Reach(first_s=10, most_s=100)
    reach.note_lost("a", 0)
    reach.note_lost("a", 10)

    reach.note_found("a")

    assert not reach.is_lost("a", 11)
    reach.note_lost("a", 11)
    assert not reach.is_lost("a", 21), "it begins anew"


def test_who_has_answered_is_known_until_it_is_lost():
    reach = Reach(first_s=10, most_s=100)

    found = [reach.is_found("a")]
    reach.note_found("a")
    found.append(reach.is_found("a"))
    reach.note_lost("a", 0)
    found.append(reach.is_found("a"))

    assert found == [False, True, False]
