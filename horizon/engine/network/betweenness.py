"""Who bridges (centralité d'intermédiarité): on which share of the shortest ways a node stands.

U. Brandes, « A faster algorithm for betweenness centrality », Journal of Mathematical Sociology 25 (2001); above a
size, on a part of the sources: U. Brandes and C. Pich, « Centrality estimation in large networks » (2007).
"""

from __future__ import annotations

from typing import NamedTuple

from horizon.engine.network.graph import Graph, size_of

BUDGET = 2_000_000


class Betweenness(NamedTuple):
    """`share` of all pairs of other nodes, from 0 to 1; `sources` nodes were started from, all of them when `exact`."""

    share: dict[int, float]
    sources: int
    exact: bool


def betweenness(graph: Graph, budget: int = BUDGET) -> Betweenness:
    """For each node, the mean over pairs of others of the share of their shortest ways on which it stands.

    Exact when nodes × links fit the budget (2,000,000: 800 structures and 2,500 links); above, one source in so many, in
    the order of nodes, scaled up: the same each time. On the path 1–2–3 node 2 has 1.0, the others 0.
    """
    nodes = list(graph)
    count = len(nodes)
    if count < 3:
        return Betweenness(dict.fromkeys(nodes, 0.0), count, True)
    place = {node: number for number, node in enumerate(nodes)}
    around = [[place[other] for other in graph[node]] for node in nodes]
    affordable = max(16, budget // max(1, size_of(graph)))
    exact = count <= affordable
    sources = range(count) if exact else [number * count // affordable for number in range(affordable)]
    share = [0.0] * count
    for source in sources:
        _add_from(around, source, share)
    scale = count / len(sources) / ((count - 1) * (count - 2))
    return Betweenness(
        {node: value * scale for node, value in zip(nodes, share, strict=True)}, len(sources), exact
    )


def _add_from(around: list[list[int]], source: int, share: list[float]) -> None:
    """Adds what each node carries of the shortest ways from one source."""
    count = len(around)
    away, ways = [-1] * count, [0.0] * count
    away[source], ways[source] = 0, 1.0
    reached = [source]
    for node in reached:
        step, mine = away[node] + 1, ways[node]
        for other in around[node]:
            if away[other] < 0:
                away[other] = step
                reached.append(other)
            if away[other] == step:
                ways[other] += mine
    carried = [0.0] * count
    for node in reversed(reached):
        part, step = (1.0 + carried[node]) / ways[node], away[node] - 1
        for other in around[node]:
            if away[other] == step:
                carried[other] += ways[other] * part
        if node != source:
            share[node] += carried[node]
