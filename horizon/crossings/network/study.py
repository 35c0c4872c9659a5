"""What a selection of the network says: how much is confirmed, what it crosses, who bridges, which groups, where to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from horizon.crossings.network.reading import ESS, EXCHANGE, PUBLIC, Network, Node, Tie
from horizon.crossings.network.selection import Asked, isolated, select
from horizon.engine.network.betweenness import betweenness
from horizon.engine.network.graph import Graph, cut_points, graph_of, groups, within
from horizon.engine.network.layout import MOST, layout

BRIDGES, NAMED = 12, 12
WIDTH, HEIGHT, MARGIN = 1000, 760, 40


@dataclass(frozen=True)
class Crossing:
    """How many confirmed links cross a frontier, of those whose two ends are known."""

    label: str
    across: int
    known: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None when nothing is known."""
        return self.across / self.known if self.known else None


@dataclass(frozen=True)
class Bridge:
    """A structure on the ways of others: on which share of them, how many neighbours, how many it alone holds on."""

    node: Node
    share: float
    neighbours: int
    apart: int


@dataclass(frozen=True)
class Dot:
    """A structure drawn."""

    x: float
    y: float
    r: float
    node: Node
    number: int = 0

    @property
    def left(self) -> float:
        """Where a square begins."""
        return round(self.x - 0.85 * self.r, 1)

    @property
    def top(self) -> float:
        """Where a square begins."""
        return round(self.y - 0.85 * self.r, 1)

    @property
    def side(self) -> float:
        """The side of a square that looks as large as a circle."""
        return round(1.7 * self.r, 1)

    @property
    def diamond(self) -> str:
        """The outline of a partner's mark."""
        r = 1.2 * self.r
        corners = ((self.x, self.y - r), (self.x + r, self.y), (self.x, self.y + r), (self.x - r, self.y))
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


@dataclass(frozen=True)
class Line:
    """Two structures joined: dashed as long as nothing between them is confirmed, wider with the number of links."""

    x1: float
    y1: float
    x2: float
    y2: float
    confirmed: bool
    width: float


@dataclass(frozen=True)
class Drawing:
    """The companion of the table. `about`: the structure whose neighbourhood is drawn when all would be too many."""

    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]
    about: Node | None
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def numbered(self) -> list[Dot]:
        """The dots that bear a number, in its order."""
        return sorted((dot for dot in self.dots if dot.number), key=lambda dot: dot.number)


@dataclass(frozen=True)
class Study:
    """Everything the page says of a selection. Bridges, groups and crossings are measured on confirmed links."""

    ties: tuple[Tie, ...]
    structures: int
    confirmed: int
    exchanges: int
    crossings: tuple[Crossing, ...]
    bridges: tuple[Bridge, ...]
    exact: bool
    sources: int
    groups: tuple[int, ...]
    alone: int
    actors: int
    drawing: Drawing | None

    @property
    def silent(self) -> int:
        """How many links nobody confirmed yet."""
        return len(self.ties) - self.confirmed


@lru_cache(maxsize=64)
def study(found: Network, asked: Asked) -> Study:
    """Measures a selection; kept until the network changes."""
    ties = select(found, asked)
    sure = [tie for tie in ties if tie.confirmed]
    graph = graph_of((tie.origin.pk, tie.target.pk) for tie in sure)
    between, cuts = betweenness(graph), cut_points(graph)
    order = sorted(graph, key=lambda pk: (-between.share[pk], -len(graph[pk]), found.nodes[pk].name, pk))
    bridges = [
        Bridge(found.nodes[pk], between.share[pk], len(graph[pk]), cuts.get(pk, 0))
        for pk in order[:BRIDGES]
        if between.share[pk] > 0
    ]
    return Study(
        ties=ties, structures=len({node.pk for tie in ties for node in (tie.origin, tie.target)}), confirmed=len(sure),
        exchanges=sum(tie.kind == EXCHANGE for tie in ties), crossings=_crossings(sure), bridges=tuple(bridges),
        exact=between.exact, sources=between.sources, groups=tuple(len(group) for group in groups(graph)),
        alone=len(isolated(found, asked)),
        actors=sum(node.actor and asked.keeps_node(node) for node in found.nodes.values()),
        drawing=_draw(found, ties, [bridge.node.pk for bridge in bridges], asked.around),
    )  # fmt: skip


def _crossings(sure: list[Tie]) -> tuple[Crossing, ...]:
    def crossing(label: str, of: Callable[[Node], object], differ: Callable | None = None) -> Crossing:
        known = [
            (one, other) for tie in sure if (one := of(tie.origin)) and (other := of(tie.target))
        ]  # fmt: skip
        across = sum(differ(one, other) if differ else one != other for one, other in known)
        return Crossing(label, across, len(known))

    return (
        crossing("deux familles (association, coopérative, mutuelle…)", lambda n: n.family if n.sector == ESS else ""),
        crossing("deux communes", lambda n: n.commune),
        crossing("deux portes du quotidien, sans aucune en commun", lambda n: n.doors, lambda a, b: not set(a) & set(b)),
        crossing("le public et le privé", lambda n: "public" if n.sector == PUBLIC else "privé"),
        crossing("l’ESS et les autres (collectivités, entreprises)", lambda n: "ess" if n.sector == ESS else "autre"),
    )  # fmt: skip


def _draw(found: Network, ties: tuple[Tie, ...], first: list[int], around: str) -> Drawing | None:
    """Nodes by force, at most MOST: beyond, the neighbourhood of the structure with the most links."""
    graph = graph_of((tie.origin.pk, tie.target.pk) for tie in ties)
    if not graph:
        return None
    centre = found.named(around)
    hub = centre.pk if centre and centre.pk in graph else max(graph, key=lambda pk: (len(graph[pk]), -pk))
    about = None
    if len(graph) > MOST:
        about = found.nodes[hub]
        near = _near(graph, hub)
        ties = tuple(tie for tie in ties if tie.origin.pk in near and tie.target.pk in near)
        graph = graph_of((tie.origin.pk, tie.target.pk) for tie in ties)
    ranked = [pk for pk in first if pk in graph]
    ranked += sorted(graph.keys() - set(ranked), key=lambda pk: (-len(graph[pk]), pk))
    numbers = {pk: number for number, pk in enumerate(ranked[:NAMED], 1)}
    places = {
        pk: (round(x + MARGIN, 1), round(y + MARGIN, 1))
        for pk, (x, y) in layout(graph, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN).items()
    }
    weights: dict[tuple[int, int], list] = {}
    for tie in ties:
        key = (min(tie.origin.pk, tie.target.pk), max(tie.origin.pk, tie.target.pk))
        weight = weights.setdefault(key, [False, 0])
        weight[0] |= tie.confirmed
        weight[1] += tie.times
    lines = tuple(
        Line(*places[one], *places[other], confirmed, min(2.0 + 1.2 * (times - 1), 8.0))
        for (one, other), (confirmed, times) in sorted(weights.items())
    )
    dots = tuple(
        Dot(*places[pk], 21 if pk in numbers else 8 + min(len(graph[pk]), 6) * 0.8, found.nodes[pk], numbers.get(pk, 0))
        for pk in sorted(graph, key=lambda pk: (pk in numbers, pk))
    )  # fmt: skip
    return Drawing(dots, lines, about)


def _near(graph: Graph, hub: int) -> set[int]:
    """As many steps around a structure as can be drawn; its first neighbours when even one step is too many."""
    steps = 1
    while len(ball := within(graph, hub, steps + 1)) <= MOST:
        steps += 1
        if len(ball) == len(within(graph, hub, steps + 1)):
            break
    return set(list(within(graph, hub, steps))[:MOST])


def forget() -> None:
    """Drops what is kept in memory."""
    study.cache_clear()
