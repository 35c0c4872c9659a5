"""What a visitor asked of the network: read from the address, written back into it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from horizon.actors.plan import plan
from horizon.crossings.network.reading import KINDS, Network, Node, Tie
from horizon.kernel.doors import DOOR_BY_CODE

CONFIRMED, SILENT = "confirmes", "sans-reponse"
STATES = {CONFIRMED: "Confirmés seulement", SILENT: "Sans réponse seulement"}


@dataclass(frozen=True)
class Asked:
    """One reading of the network; `problems` names, in French, what was not understood and left out."""

    kind: str = ""
    commune: str = ""
    door: str = ""
    pole: str = ""
    state: str = ""
    around: str = ""
    page: int = 1
    problems: tuple[str, ...] = field(default=(), compare=False)
    poles: tuple[str, ...] = ()

    @classmethod
    def parse(cls, query: QueryDict, communes: dict[str, str]) -> Asked:
        """Reads the parameters of an address; `communes` are those of the territory, by code."""
        problems: list[str] = []

        def choice(name: str, allowed, label: str) -> str:
            value = query.get(name, "").strip()
            if value and value not in allowed:
                problems.append(f"{label} « {value[:40]} » n’existe pas : ce filtre n’est pas appliqué.")
                return ""
            return value

        page, today = query.get("page", "").strip(), plan()
        pole = choice("pole", today.names, "Le pôle")
        if said := today.said_of(pole):
            problems.append(said)
        return cls(
            kind=choice("genre", KINDS, "La relation"), commune=choice("commune", communes, "La commune"),
            door=choice("porte", DOOR_BY_CODE, "La porte"), pole=pole,
            poles=today.held(pole) if pole else (),
            state=choice("etat", STATES, "L’état"), around=query.get("autour", "").strip()[:10],
            page=max(1, int(page)) if page.isdecimal() and len(page) <= 6 else 1, problems=tuple(problems),
        )  # fmt: skip

    def query(self, **changes: object) -> str:
        """The query string, with its `?`, once changed; the first page unless one is given."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        named = (
            ("genre", changed.kind), ("commune", changed.commune), ("porte", changed.door), ("pole", changed.pole),
            ("etat", changed.state), ("autour", changed.around), ("page", changed.page if changed.page > 1 else ""),
        )  # fmt: skip
        return "?" + urlencode([(name, value) for name, value in named if value])

    @property
    def measured(self) -> Asked:
        """The same, without what changes no figure: the page, and what was not understood."""
        return replace(self, page=1, problems=())

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the network."""
        return len(self.query()) > 1

    def keeps_node(self, node: Node) -> bool:
        """Whether a structure is of the commune, door and pole asked."""
        return (
            (not self.commune or node.commune == self.commune)
            and (not self.door or self.door in node.doors)
            and (not self.pole or not set(self.poles).isdisjoint(node.poles))
        )


def select(found: Network, asked: Asked) -> tuple[Tie, ...]:
    """The ties asked for: one end at least is of the commune, of the door, of the pole; around a structure, its ties and
    those that join two of its neighbours."""
    ties = tuple(
        tie for tie in found.ties
        if (not asked.kind or tie.kind == asked.kind)
        and (not asked.state or tie.confirmed == (asked.state == CONFIRMED))
        and (asked.keeps_node(tie.origin) or asked.keeps_node(tie.target))
    )  # fmt: skip
    if not asked.around:
        return ties
    centre = found.named(asked.around)
    if centre is None:
        return ()
    near = {centre.pk} | {
        node.pk for tie in ties if centre.pk in {tie.origin.pk, tie.target.pk} for node in (tie.origin, tie.target)
    }  # fmt: skip
    return tuple(tie for tie in ties if tie.origin.pk in near and tie.target.pk in near)


def isolated(found: Network, asked: Asked) -> list[Node]:
    """The actors of the selection that no link names, by commune then name."""
    tied = {pk for tie in found.ties for pk in (tie.origin.pk, tie.target.pk)}
    alone = [
        node for node in found.nodes.values() if node.actor and node.pk not in tied and asked.keeps_node(node)
    ]
    return sorted(alone, key=lambda node: (node.commune_name, node.name, node.pk))
