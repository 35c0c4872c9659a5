"""Graphs from pairs, connected groups (composantes connexes), cut points (points d'articulation), neighbourhoods."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

Graph = Mapping[int, tuple[int, ...]]


def graph_of(pairs: Iterable[tuple[int, int]], nodes: Iterable[int] = ()) -> Graph:
    """The graph of pairs, and of nodes that may have none. A pair twice or backwards counts once; a loop is left out."""
    neighbours: dict[int, set[int]] = {node: set() for node in nodes}
    for one, other in pairs:
        if one != other:
            neighbours.setdefault(one, set()).add(other)
            neighbours.setdefault(other, set()).add(one)
    return {node: tuple(sorted(neighbours[node])) for node in sorted(neighbours)}


def size_of(graph: Graph) -> int:
    """How many pairs are joined."""
    return sum(len(around) for around in graph.values()) // 2


def groups(graph: Graph) -> list[list[int]]:
    """The connected groups, largest first, then by their smallest node; each in ascending order."""
    seen: set[int] = set()
    found = []
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        group, waiting = [], [start]
        while waiting:
            node = waiting.pop()
            group.append(node)
            for other in graph[node]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        found.append(sorted(group))
    return sorted(found, key=lambda group: (-len(group), group[0]))


def within(graph: Graph, centre: int, steps: int) -> dict[int, int]:
    """The nodes at most so many steps away, with their number of steps, nearest first."""
    away = {centre: 0}
    waiting = deque([centre])
    while waiting:
        node = waiting.popleft()
        if away[node] == steps:
            continue
        for other in graph.get(node, ()):
            if other not in away:
                away[other] = away[node] + 1
                waiting.append(other)
    return away


def cut_points(graph: Graph) -> dict[int, int]:
    """The nodes without which their group falls apart, with how many others would then be off its largest piece.

    Tarjan's depth-first search (1972), without recursion: a child whose subtree reaches no ancestor of the node is a
    piece of its own. With B alone between A and {C, D}, losing B leaves A off: `{B: 1}`.
    """
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    below: dict[int, int] = {}
    pieces: dict[int, list[int]] = {}
    cuts: dict[int, int] = {}
    for root in graph:
        if root in order:
            continue
        members = [root]
        order[root] = low[root] = len(order)
        below[root] = 1
        path = [(root, -1, iter(graph[root]))]
        while path:
            node, parent, rest = path[-1]
            other = next(rest, None)
            if other is None:
                path.pop()
                if parent >= 0:
                    low[parent] = min(low[parent], low[node])
                    below[parent] += below[node]
                    if low[node] >= order[parent]:
                        pieces.setdefault(parent, []).append(below[node])
            elif other not in order:
                order[other] = low[other] = len(order)
                below[other] = 1
                members.append(other)
                path.append((other, node, iter(graph[other])))
            elif other != parent:
                low[node] = min(low[node], order[other])
        for node in members:
            apart = pieces.get(node, [])
            above = len(members) - 1 - sum(apart)
            if len(apart) + (above > 0) > 1:
                cuts[node] = len(members) - 1 - max([*apart, above])
    return cuts
