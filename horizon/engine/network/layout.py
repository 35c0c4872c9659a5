"""Where to draw each node: springs along links, every node pushing the others (placement par forces).

T. Fruchterman and E. Reingold, « Graph drawing by force-directed placement », Software: Practice and Experience 21 (1991),
from a spiral instead of chance: the same graph is drawn the same everywhere. Bounded: nodes × nodes × rounds steps.
"""

from __future__ import annotations

from math import cos, hypot, sin, sqrt

from horizon.engine.network.graph import Graph, groups, within

ROUNDS = 110
MOST = 160
_GOLDEN = 2.399963229728653


def layout(graph: Graph, width: float = 1000, height: float = 800, rounds: int = ROUNDS) -> dict[int, tuple[float, float]]:  # fmt: skip
    """A place for each node inside the frame. Raises ValueError above MOST nodes: draw a neighbourhood instead."""
    if len(graph) > MOST:
        raise ValueError(f"{len(graph)} nodes are too many to draw; at most {MOST}")
    order = _order(graph)
    if not order:
        return {}
    index = {node: number for number, node in enumerate(order)}
    count = len(order)
    x = [sqrt(number + 0.5) * cos(_GOLDEN * number) for number in range(count)]
    y = [sqrt(number + 0.5) * sin(_GOLDEN * number) for number in range(count)]
    links = [(index[node], index[other]) for node in order for other in graph[node] if node < other]
    for turn in range(rounds):
        _move(x, y, links, heat=1.6 * (1 - turn / rounds) + 0.02)
    return dict(zip(order, _fit(x, y, width, height), strict=True))


def _order(graph: Graph) -> list[int]:
    """Group by group, each from its node with the most links outwards, so that neighbours start near one another."""
    found: list[int] = []
    for group in groups(graph):
        hub = max(group, key=lambda node: (len(graph[node]), -node))
        found += within(graph, hub, len(group))
    return found


def _move(x: list[float], y: list[float], links: list[tuple[int, int]], heat: float) -> None:
    count = len(x)
    to_x = [-0.09 * value for value in x]  # what keeps groups that nothing joins in the frame
    to_y = [-0.09 * value for value in y]
    for one in range(count):
        here_x, here_y, sum_x, sum_y = x[one], y[one], 0.0, 0.0
        for other in range(one + 1, count):
            dx, dy = here_x - x[other], here_y - y[other]
            push = 1.5 / (dx * dx + dy * dy + 0.01)
            dx *= push
            dy *= push
            sum_x += dx
            sum_y += dy
            to_x[other] -= dx
            to_y[other] -= dy
        to_x[one] += sum_x
        to_y[one] += sum_y
    for one, other in links:
        dx, dy = x[one] - x[other], y[one] - y[other]
        pull = 0.45 * hypot(dx, dy)
        to_x[one] -= dx * pull
        to_y[one] -= dy * pull
        to_x[other] += dx * pull
        to_y[other] += dy * pull
    for node in range(count):
        far = hypot(to_x[node], to_y[node])
        step = min(1.0, heat / far) if far else 0.0
        x[node] += to_x[node] * step
        y[node] += to_y[node] * step


def _fit(x: list[float], y: list[float], width: float, height: float) -> list[tuple[float, float]]:
    """Stretches each way to the frame; what has no extent stands in the middle."""

    def spread(values: list[float], size: float) -> list[float]:
        low, high = min(values), max(values)
        if high - low < 1e-9:
            return [size / 2] * len(values)
        return [round((value - low) / (high - low) * size, 1) for value in values]

    return list(zip(spread(x, width), spread(y, height), strict=True))
