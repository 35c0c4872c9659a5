"""Coverage (couverture): needs, the directory and exchanges laid side by side, by door and by commune.

Who could answer, where nobody can, what found no answer. Counts only: a need is public text, an offer too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Q

from horizon.exchange.models import Deal, Listing
from horizon.kernel.doors import DOORS
from horizon.listening.models import Need
from horizon.territory.models import Commune
from horizon.territory.queries import home_communes

MOST = 30


@dataclass
class Line:
    """One door or commune: needs said, those that wait, structures, open offers and asks, asks that nobody meets."""

    code: str
    name: str
    needs: int = 0
    waiting: int = 0
    actors: int = 0
    offers: int = 0
    asks: int = 0
    nobody: int = 0


@dataclass
class Gap:
    """A door in a commune where needs wait and no structure of that door is known."""

    commune: Commune
    door: str
    waiting: int


@dataclass
class Coverage:
    """Everything the page shows; `deals` are concluded ones; `door_unknown` counts needs without a door, `listing_…` offers and asks."""

    doors: list[Line]
    communes: list[Line]
    gaps: list[Gap]
    needs: int = 0
    waiting: int = 0
    offers: int = 0
    asks: int = 0
    nobody: int = 0
    deals: int = 0
    door_unknown: int = 0
    listing_door_unknown: int = 0
    commune_unknown: int = 0
    gaps_left: int = field(default=0)


def coverage(counts: dict, *, people: bool = True) -> Coverage:
    """Four queries whatever the rows. `counts` are those of the publication (`by_commune`, `by_door`, `by_commune_door`).

    Without `people`, only structures' offers and asks are counted.
    """
    communes = home_communes()
    by_commune = {
        row.code: Line(row.code, row.name, actors=_actors(counts, "by_commune", row.code)) for row in communes
    }
    by_door = {d.code: Line(d.code, d.name) for d in DOORS}
    for key, views in counts.get("by_commune_door", {}).items():
        door = key.partition(":")[2]
        if door in by_door:
            by_door[door].actors += views.get("actors", 0)
    found = Coverage(list(by_door.values()), list(by_commune.values()), [])
    wait: Counter[tuple[str, str]] = Counter()
    said = (
        Need.objects.filter(status=Need.PUBLISHED, same_as=None).order_by().values("commune", "door")
        .annotate(n=Count("pk"), waiting=Count("pk", filter=Q(state=Need.WAITING)))
    )  # fmt: skip
    for row in said:
        found.needs += row["n"]
        found.waiting += row["waiting"]
        for line in (by_commune.get(row["commune"]), by_door.get(row["door"])):
            if line is not None:
                line.needs += row["n"]
                line.waiting += row["waiting"]
        found.commune_unknown += 0 if row["commune"] in by_commune else row["n"]
        found.door_unknown += 0 if row["door"] in by_door else row["n"]
        if row["waiting"] and row["commune"] in by_commune and row["door"] in by_door:
            wait[row["commune"], row["door"]] += row["waiting"]
    _exchanges(found, by_commune, by_door, people)
    found.deals = Deal.objects.filter(status=Deal.CONCLUDED).count()
    places = {row.code: row for row in communes}
    gaps = [
        Gap(places[commune], door, n) for (commune, door), n in wait.items()
        if not _actors(counts, "by_commune_door", f"{commune}:{door}")
    ]  # fmt: skip
    gaps.sort(key=lambda gap: (-gap.waiting, gap.commune.name, gap.door))
    found.gaps, found.gaps_left = gaps[:MOST], max(0, len(gaps) - MOST)
    return found


def _exchanges(found: Coverage, by_commune: dict[str, Line], by_door: dict[str, Line], people: bool) -> None:
    holders = Q() if people else Q(organization__isnull=False)
    rows = (
        Listing.objects.filter(holders, status=Listing.PUBLISHED, audience=Listing.EVERYBODY).order_by()
        .values("commune", "side", "answered", "door").annotate(n=Count("pk"))
    )  # fmt: skip
    for row in rows:
        ask = row["side"] == Listing.ASK
        nobody = row["n"] if ask and row["answered"] is False else 0
        lines = (by_commune.get(row["commune"]), by_door.get(row["door"]))
        counted: list[Coverage | Line] = [found, *(line for line in lines if line is not None)]
        for one in counted:
            one.asks += row["n"] if ask else 0
            one.offers += 0 if ask else row["n"]
            one.nobody += nobody
        found.listing_door_unknown += 0 if row["door"] in by_door else row["n"]


def _actors(counts: dict, table: str, key: str) -> int:
    return counts.get(table, {}).get(key, {}).get("actors", 0)
