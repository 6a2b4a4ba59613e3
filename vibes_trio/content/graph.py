"""Who leads to whom."""

from collections.abc import Iterable, Sequence


def find_sources(nodes: Sequence[int], edges: Sequence[Iterable[int]]) -> list[list[int]]:
    """Return the groups of *nodes* to which nothing outside the group leads, in time linear in the edges.

    Args:
        nodes: indexes into *edges*, ascending; *edges* lists for each index those it leads to.

    A group is one node, or several each of which leads to all others. Groups are ordered by their first
    members, and members ascend.
    """
    back: list[list[int]] = [[] for _ in edges]
    for start, ends in enumerate(edges):
        for end in ends:
            back[end].append(start)
    groups: list[list[int]] = []
    covered: set[int] = set()
    # Whatever leads into a circle from outside is left later than all of the circle (Kosaraju), so the first
    # node that none of those before it leads to has nothing above it but its own circle.
    for node in reversed(_order_of_leaving(nodes, edges)):
        if node not in covered:
            _reach(node, edges, covered)
            groups.append(sorted(_reach(node, back, set())))
    return sorted(groups)


def reach(starts: Iterable[int], edges: Sequence[Iterable[int]]) -> set[int]:
    """Return *starts* and all that they lead to."""
    seen: set[int] = set()
    for start in starts:
        _reach(start, edges, seen)
    return seen


def _order_of_leaving(nodes: Iterable[int], edges: Sequence[Iterable[int]]) -> list[int]:
    """Return everything that *nodes* lead to, in the order in which a walk in depth is done with it."""
    left: list[int] = []
    seen: set[int] = set()
    for node in nodes:
        walk = [(node, iter(edges[node]))] if node not in seen else []
        seen.add(node)
        while walk:
            at, ends = walk[-1]
            end = next((end for end in ends if end not in seen), None)
            if end is None:
                left.append(at)
                walk.pop()
            else:
                seen.add(end)
                walk.append((end, iter(edges[end])))
    return left


def _reach(start: int, edges: Sequence[Iterable[int]], seen: set[int]) -> set[int]:
    """Add *start* and all that it leads to to *seen*; what is there already is not gone through again."""
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(edges[node])
    return seen
