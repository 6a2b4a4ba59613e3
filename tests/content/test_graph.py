from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.content.graph import find_sources, reach

MAX = 7
EDGES = st.lists(st.sets(st.integers(0, MAX - 1)), min_size=MAX, max_size=MAX)


def test_what_nothing_leads_to_is_a_source() -> None:
    assert find_sources([0, 1, 2, 3], [[1], [2], [], []]) == [[0], [3]]


def test_a_node_that_leads_to_itself_is_still_a_source() -> None:
    assert find_sources([0], [[0]]) == [[0]]


def test_a_circle_that_nothing_leads_into_is_one_source() -> None:
    assert find_sources([0, 1, 2], [[2], [0], [1]]) == [[0, 1, 2]]


def test_a_circle_that_something_leads_into_is_none() -> None:
    assert find_sources([0, 1, 2], [[1], [0], [1]]) == [[2]]


def test_what_is_led_to_but_is_no_node_is_left_out() -> None:
    assert find_sources([0], [[1], []]) == [[0]]


def test_long_chains_need_no_deep_stack() -> None:
    count = 20_000

    assert find_sources(range(count), [[min(i + 1, count - 1)] for i in range(count)]) == [[0]]


@given(EDGES)
def test_sources_are_what_only_their_own_circle_leads_to(edges: list[set[int]]) -> None:
    reach = {start: set(edges[start]) for start in range(MAX)}
    for _ in range(MAX):
        for start in range(MAX):
            reach[start] |= {end for middle in reach[start] for end in edges[middle]}
    above = {node: {other for other in range(MAX) if node in reach[other]} for node in range(MAX)}
    expected = sorted(
        {tuple(sorted(above[node] | {node})) for node in range(MAX) if above[node] <= reach[node] | {node}}
    )

    assert [tuple(group) for group in find_sources(range(MAX), edges)] == expected


def test_what_is_reached_are_the_starts_and_all_that_they_lead_to() -> None:
    assert reach([0, 3], [[1], [0], [1], []]) == {0, 1, 3}
    assert reach([], [[1], []]) == set()
