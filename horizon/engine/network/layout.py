"""Where to draw each node: springs along links, every node pushing the others (placement par forces).

T. Fruchterman and E. Reingold, « Graph drawing by force-directed placement », Software: Practice and Experience 21 (1991),
from a spiral instead of chance: the same graph is drawn the same everywhere. The largest group fills the frame, the others
stand in rows under it; then nodes are spread and parted so that none hides another. Bounded by STEPS.
"""

from __future__ import annotations

from math import ceil, cos, hypot, sin, sqrt

from horizon.engine.network.graph import Graph, groups, within

MOST = 220
STEPS = 3_000_000  # nodes × nodes × rounds of the largest group
CELL = 110.0  # of a small group in its row
Place = tuple[float, float]
_GOLDEN = 2.399963229728653


def layout(
    graph: Graph, width: float = 1000, height: float = 800, rounds: int = 0, apart: float = 34
) -> dict[int, Place]:
    """A place for each node inside the frame, as far `apart` as there is room.

    Raises ValueError above MOST nodes: draw a neighbourhood instead.
    """
    if len(graph) > MOST:
        raise ValueError(f"{len(graph)} nodes are too many to draw; at most {MOST}")
    found = groups(graph)
    if not found:
        return {}
    largest, small = found[0], found[1:]
    columns = max(1, int(width // CELL))
    strip = min(height / 2, ceil(len(small) / columns) * CELL * 0.6)
    places = _group(graph, largest, (0, 0, width, height - strip), rounds, apart)
    for number, group in enumerate(small):
        across, rows = width / columns, strip / ceil(len(small) / columns)
        corner = (number % columns * across, height - strip + number // columns * rows)
        box = (corner[0] + 0.2 * across, corner[1] + 0.3 * rows, 0.6 * across, 0.6 * rows)
        places |= _group(graph, group, box, rounds, min(apart, across / (1 + len(group))))
    return {node: (round(x, 1), round(y, 1)) for node, (x, y) in places.items()}


def _group(
    graph: Graph, group: list[int], box: tuple[float, float, float, float], rounds: int, apart: float
) -> dict[int, Place]:
    """The places of one group in a box: left, top, width, height."""
    hub = max(group, key=lambda node: (len(graph[node]), -node))
    order = list(within(graph, hub, len(group)))  # neighbours start near one another
    count = len(order)
    index = {node: number for number, node in enumerate(order)}
    x = [sqrt(number + 0.5) * cos(_GOLDEN * number) for number in range(count)]
    y = [sqrt(number + 0.5) * sin(_GOLDEN * number) for number in range(count)]
    links = [(index[node], index[other]) for node in order for other in graph[node] if node < other]
    rounds = rounds or min(160, STEPS // (count * count))
    for turn in range(rounds):
        _move(x, y, links, heat=1.6 * (1 - turn / rounds) + 0.02)
    x, y = _spread(x, box[2]), _spread(y, box[3])
    _part(x, y, box[2], box[3], apart)
    return {node: (box[0] + across, box[1] + down) for node, across, down in zip(order, x, y, strict=True)}


def _move(x: list[float], y: list[float], links: list[tuple[int, int]], heat: float) -> None:
    """One round: everything pushes everything, links pull, nothing goes further than the heat allows."""
    count = len(x)
    to_x, to_y = [0.0] * count, [0.0] * count
    for one in range(count):
        here_x, here_y, sum_x, sum_y = x[one], y[one], 0.0, 0.0
        for other in range(one + 1, count):
            dx, dy = here_x - x[other], here_y - y[other]
            push = 2.2 / (dx * dx + dy * dy + 0.01)
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
        pull = 0.3 * hypot(dx, dy)
        to_x[one] -= dx * pull
        to_y[one] -= dy * pull
        to_x[other] += dx * pull
        to_y[other] += dy * pull
    for node in range(count):
        far = hypot(to_x[node], to_y[node])
        step = min(1.0, heat / far) if far else 0.0
        x[node] += to_x[node] * step
        y[node] += to_y[node] * step


def _spread(values: list[float], size: float) -> list[float]:
    """Stretches to the frame, half by the true place and half by the rank, so that a crowded middle opens."""
    low, high, last = min(values), max(values), len(values) - 1
    if high - low < 1e-9:
        return [size / 2] * len(values)
    ranks = {number: rank for rank, number in enumerate(sorted(range(len(values)), key=values.__getitem__))}
    return [
        size * ((value - low) / (high - low) + ranks[number] / last) / 2
        for number, value in enumerate(values)
    ]


def _part(
    x: list[float], y: list[float], width: float, height: float, apart: float, rounds: int = 24
) -> None:
    """Pushes apart the nodes that hide one another, inside the frame."""
    count = len(x)
    apart = min(apart, 0.8 * sqrt(width * height / count))
    for _ in range(rounds):
        touching = False
        for one in range(count):
            for other in range(one + 1, count):
                dx, dy = x[other] - x[one], y[other] - y[one]
                if abs(dx) >= apart or abs(dy) >= apart:
                    continue
                far = hypot(dx, dy)
                if far < apart:
                    touching = True
                    if far < 1e-6:
                        dx, dy, far = cos(other), sin(other), 1.0
                    by = (apart - far) / 2 / far
                    x[one], x[other] = x[one] - dx * by, x[other] + dx * by
                    y[one], y[other] = y[one] - dy * by, y[other] + dy * by
        for node in range(count):
            x[node], y[node] = min(max(x[node], 0.0), width), min(max(y[node], 0.0), height)
        if not touching:
            break
