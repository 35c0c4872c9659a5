"""Through whom (par qui passer): ways from one structure to another, and what may stand in for a link, said as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.urls import reverse

from horizon.actors.models import Mandate, Membership
from horizon.actors.plan import plan
from horizon.actors.queries import published_mandates
from horizon.crossings.network.reading import KINDS, Network, Node, Tie
from horizon.engine.network.graph import graph_of
from horizon.engine.network.ways import ways

MOST, FAR = 3, 3


@dataclass(frozen=True)
class Step:
    """From one structure to the next: the relation seen from the first, its source, how many others join them too."""

    start: Node
    end: Node
    verb: str
    confirmed: bool
    source: str
    since: str
    more: int


@dataclass(frozen=True)
class Path:
    """A way, one step after the other."""

    steps: tuple[Step, ...]

    @property
    def between(self) -> list[Node]:
        """Those through whom one passes."""
        return [step.end for step in self.steps[:-1]]

    @property
    def sure(self) -> bool:
        """Whether every step is confirmed."""
        return all(step.confirmed for step in self.steps)

    @property
    def sentence(self) -> str:
        """What to do, in words."""
        through = [node.name for node in self.between]
        if len(through) > FAR:
            return f"Elles sont loin l’une de l’autre : {len(through)} structures entre les deux."
        if not through:
            return "Elles se connaissent déjà : écrivez-lui directement."
        if len(through) == 1:
            return f"Passez par {through[0]}, qui connaît les deux."
        return f"Passez par {', puis par '.join(through)}."


@dataclass(frozen=True)
class Instead:
    """Something else than a link that may bring two structures together; `href` leads to it, if anywhere."""

    said: str
    href: str = ""


def paths(found: Network, start: Node, end: Node) -> list[Path]:
    """Up to three ways, shortest first, through confirmed links; the others are at most one step longer.

    A way through links that nobody confirmed comes when there is no other, or last when it is shorter.
    """
    sure = _routes(found, [tie for tie in found.ties if tie.confirmed], start, end)
    sure = [path for path in sure if len(path.steps) <= len(sure[0].steps) + 1]
    told = _routes(found, found.ties, start, end)
    if not sure:
        return [path for path in told if len(path.steps) <= len(told[0].steps) + 1]
    if len(told[0].steps) < len(sure[0].steps):
        return [*sure[: MOST - 1], told[0]]
    return sure


def _routes(found: Network, ties: Sequence[Tie], start: Node, end: Node) -> list[Path]:
    by_pair: dict[tuple[int, int], list[Tie]] = {}
    for tie in ties:
        by_pair.setdefault(_pair(tie.origin.pk, tie.target.pk), []).append(tie)
    # nodes in the order of names: of two ways of one length, the first in the alphabet
    names = sorted({pk for pair in by_pair for pk in pair}, key=lambda pk: (found.nodes[pk].name, pk))
    rank = {pk: number for number, pk in enumerate(names)}
    if start.pk not in rank or end.pk not in rank:
        return []
    graph = graph_of((rank[one], rank[other]) for one, other in by_pair)
    routes = ways(graph, rank[start.pk], rank[end.pk], MOST)
    return [_path(found, [names[number] for number in route], by_pair) for route in routes]


def _path(found: Network, route: list[int], by_pair: dict[tuple[int, int], list[Tie]]) -> Path:
    kinds = list(KINDS)
    steps = []
    for one, other in pairwise(route):
        node = found.nodes[one]
        ties = sorted(by_pair[_pair(one, other)], key=lambda tie: (not tie.confirmed, kinds.index(tie.kind)))
        best = ties[0]
        verb, to = best.seen_from(node)
        steps.append(Step(node, to, verb, best.confirmed, best.source, best.since, len(ties) - 1))
    return Path(tuple(steps))


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def instead(start: Node, end: Node) -> list[Instead]:
    """What the two share that is no link: the collective, contacts of their poles. Three queries."""
    members = set(
        Membership.objects.filter(organization__in=[start.pk, end.pk], status=Membership.ACTIVE).values_list(
            "organization_id", flat=True
        )
    )
    found = []
    if end.pk in members:
        told = "Les deux sont membres du collectif : l’équipe qui l’anime peut vous présenter."
        if start.pk not in members:
            told = f"{end.name} est membre du collectif : l’équipe qui l’anime la connaît."
        found.append(Instead(told, reverse("portal:collective")))
    today = plan()
    theirs = set(today.carried(end.poles))
    shared = set(today.carried(start.poles)) & theirs
    mandates = published_mandates(
        function=Mandate.POLE, pole__code__in=shared or theirs, pole__closed_at=None
    )
    for mandate in mandates.order_by("pole__rank", "pk"):
        assert mandate.pole is not None  # a constraint says so
        whose = "que les deux ont en commun" if shared else f"celui de {end.name}"
        found.append(
            Instead(
                f"{mandate.person} est le contact du pôle « {mandate.pole.name} », {whose}.",
                reverse("actors:pole", args=[mandate.pole.code]),
            )
        )
    return found
