"""The published entries in memory: facets, order and points, built once per publication and process.

Six queries build it; every list page then counts without the database.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from math import nan

from django.db.models import TextField
from django.db.models.functions import Cast

from horizon.actors.plan import plan
from horizon.directory.licences import kept_entries
from horizon.directory.models import Entry, Publication
from horizon.engine.facets import FacetIndex
from horizon.kernel.doors import DOORS, UNDECIDED
from horizon.territory.models import Commune

YES = ("1",)
KEPT_COMMUNES = 15
_LISTS = ("doors", "poles", "signs")
_COLUMNS = (
    "id", *(f"{name}_text" for name in _LISTS), "family", "naf_section", "naf_rev2", "commune_id", "size_class", "is_employer",
    "is_actor", "created_on", "lat", "lon", "fresh",
)  # fmt: skip
_DOOR_RANKS = {door.code: rank for rank, door in enumerate(DOORS, 1)}


@dataclass(frozen=True)
class Catalogue:
    """Ordinals are alphabetical ranks; `actors` are those with a sign of life, as bits; `at_commune` those without a public place;
    `open` those that may be given away (`licences`).

    `first_doors` holds the rank of the first door in `DOORS`, from 1; 0 when it is undecided.
    """

    publication_id: int
    ids: array
    facets: FacetIndex
    actors: int
    at_commune: int
    open: int
    newest_first: array
    lat: array
    lon: array
    commune_codes: list[str]
    first_doors: array
    communes: dict[str, Commune]
    distances: dict[str, dict[int, float]] = field(default_factory=dict)

    def kept_distances(self, code: str, measure: Callable[[], dict[int, float]]) -> dict[int, float]:
        """The distances from a commune, measured once; those of the last sixteen communes are kept."""
        found = self.distances.get(code)
        if found is None:
            found = measure()
            for old in list(self.distances)[:-KEPT_COMMUNES]:
                self.distances.pop(old, None)
            self.distances[code] = found
        return found


def catalogue(publication: Publication) -> Catalogue:
    """The catalogue of a publication's edition; the two last ones are kept."""
    return _build(publication.pk, publication.edition)


@lru_cache(maxsize=2)
def _build(publication_id: int, edition: str) -> Catalogue:
    rows = Entry.objects.filter(
        publication_id=publication_id, active=True, in_perimeter=True, folded=False
    ).annotate(**{f"{name}_text": Cast(name, TextField()) for name in _LISTS})
    poles_today = plan()
    filed = cache(lambda text: poles_today.carried(_read(text)))
    read = cache(_read)  # few lists are distinct: reading each once halves the time
    communes = {
        commune.code: commune
        for commune in Commune.objects.filter(entries__publication_id=publication_id).distinct()
    }
    ids, lat, lon = array("q"), array("d"), array("d")
    commune_codes: list[str] = []
    first_doors = array("B")
    columns: dict[str, list] = {
        name: []
        for name in (
            "porte",
            "pole",
            "famille",
            "activite",
            "commune",
            "taille",
            "employeur",
            "recent",
            "confirmee",
            "acteur",
            "membre",
            "site",
            "sans_lieu",
            "ouverte",
        )
    }
    created: list[tuple[date, int]] = []
    kept_here = kept_entries(publication_id)
    for row in rows.order_by("ordinal").values_list(*_COLUMNS).iterator(chunk_size=5000):
        (
            entry_id,
            doors,
            poles,
            signs,
            family,
            section,
            naf,
            commune,
            size,
            employer,
            actor,
            born,
            y,
            x,
            fresh,
        ) = row
        doors, signs = read(doors), read(signs)
        ordinal = len(ids)
        ids.append(entry_id)
        lat.append(nan if y is None else y)
        lon.append(nan if x is None else x)
        commune_codes.append(commune)
        first_doors.append(_DOOR_RANKS.get(doors[0], 0) if doors else 0)
        columns["porte"].append(doors or (UNDECIDED,))
        columns["pole"].append(filed(poles))
        columns["famille"].append((family,))
        columns["activite"].append(tuple(value for value in (section, naf) if value))
        columns["commune"].append((commune,))
        columns["taille"].append((size or "inconnue",))
        columns["employeur"].append(YES if employer else ())
        columns["recent"].append(YES if "recent" in signs else ())
        columns["confirmee"].append(YES if fresh else ())
        columns["membre"].append(YES if "member" in signs else ())
        columns["site"].append(YES if "site" in signs else ())
        columns["acteur"].append(YES if actor else ())
        columns["sans_lieu"].append(YES if y is None else ())
        columns["ouverte"].append(() if entry_id in kept_here else YES)
        created.append((born or date.min, ordinal))
    facets = FacetIndex(len(ids), columns)
    actors = facets.facets.pop("acteur").get("1", 0)
    at_commune = facets.facets.pop("sans_lieu").get("1", 0)
    opened = facets.facets.pop("ouverte").get("1", 0)
    created.sort(key=lambda pair: (-pair[0].toordinal(), pair[1]))
    return Catalogue(
        publication_id=publication_id,
        ids=ids,
        facets=facets,
        actors=actors,
        at_commune=at_commune,
        open=opened,
        newest_first=array("l", (ordinal for _, ordinal in created)),
        lat=lat,
        lon=lon,
        commune_codes=commune_codes,
        first_doors=first_doors,
        communes=communes,
    )


def _read(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def forget() -> None:
    """Drops what is kept in memory (after a publication in the same process, and between tests)."""
    _build.cache_clear()
