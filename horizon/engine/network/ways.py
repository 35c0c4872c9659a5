"""Through whom (par qui passer): the shortest ways between two nodes.

J. Y. Yen, « Finding the K shortest loopless paths in a network », Management Science 17 (1971), with steps that all count
one. Ties follow the order of the nodes, so that the same question has the same answer.
"""

from __future__ import annotations

from horizon.engine.network.graph import Graph

Way = tuple[int, ...]


def shortest(
    graph: Graph,
    start: int,
    end: int,
    *,
    barred: frozenset[int] = frozenset(),
    first_not: frozenset[int] = frozenset(),
) -> Way:
    """The first of the shortest ways, ends included; empty without one. `barred` nodes are not used, nor are those of
    `first_not` as the first step."""  # fmt: skip
    if start not in graph or end not in graph or start == end:
        return (start,) if start == end and start in graph else ()
    came: dict[int, int] = {start: start}
    reached = [start]
    for node in reached:
        for other in graph[node]:
            if other in came or other in barred or (node == start and other in first_not):
                continue
            came[other] = node
            if other == end:
                way = [end]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            reached.append(other)
    return ()


def ways(graph: Graph, start: int, end: int, most: int) -> list[Way]:
    """Up to `most` ways without a loop, shortest first. In the square 1–2–3–4–1: from 1 to 3, by 2 then by 4."""
    first = shortest(graph, start, end)
    if not first or start == end:
        return [first] if first else []
    found = [first]
    others: set[Way] = set()
    while len(found) < most:
        last = found[-1]
        for index in range(len(last) - 1):
            root = last[: index + 1]
            taken = frozenset(way[index + 1] for way in found if way[: index + 1] == root)
            rest = shortest(graph, last[index], end, barred=frozenset(root[:-1]), first_not=taken)
            if rest:
                others.add(root[:-1] + rest)
        others -= set(found)
        if not others:
            break
        found.append(min(others, key=lambda way: (len(way), way)))
    return found
