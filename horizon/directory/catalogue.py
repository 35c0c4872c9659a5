"""The published entries in memory: facets, order and points, built once per publication and process.

Two queries build it; every list page then counts without the database.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import nan

from horizon.directory.models import Entry, Publication
from horizon.engine.facets import FacetIndex
from horizon.kernel.doors import UNDECIDED
from horizon.territory.models import Commune

YES = ("1",)
KEPT_COMMUNES = 15
_COLUMNS = (
    "id", "doors", "poles", "family", "naf_section", "naf_rev2", "commune_id", "size_class", "is_employer",
    "signs", "is_actor", "created_on", "lat", "lon",
)  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """Ordinals are alphabetical ranks; `register` and `actors` are the two views as bits."""

    publication_id: int
    ids: array
    facets: FacetIndex
    actors: int
    newest_first: array
    lat: array
    lon: array
    commune_codes: list[str]
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
    rows = Entry.objects.filter(publication_id=publication_id, active=True, in_perimeter=True, folded=False)
    communes = {
        commune.code: commune
        for commune in Commune.objects.filter(entries__publication_id=publication_id).distinct()
    }
    ids, lat, lon = array("q"), array("d"), array("d")
    commune_codes: list[str] = []
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
            "acteur",
            "membre",
        )
    }
    created: list[tuple[date, int]] = []
    for row in rows.order_by("ordinal").values_list(*_COLUMNS).iterator(chunk_size=5000):
        (entry_id, doors, poles, family, section, naf, commune, size, employer, signs, actor, born, y, x) = (
            row
        )
        ordinal = len(ids)
        ids.append(entry_id)
        lat.append(nan if y is None else y)
        lon.append(nan if x is None else x)
        commune_codes.append(commune)
        columns["porte"].append(doors or (UNDECIDED,))
        columns["pole"].append(poles)
        columns["famille"].append((family,))
        columns["activite"].append(tuple(value for value in (section, naf) if value))
        columns["commune"].append((commune,))
        columns["taille"].append((size or "inconnue",))
        columns["employeur"].append(YES if employer else ())
        columns["recent"].append(YES if "recent" in signs else ())
        columns["membre"].append(YES if "member" in signs else ())
        columns["acteur"].append(YES if actor else ())
        created.append((born or date.min, ordinal))
    facets = FacetIndex(len(ids), columns)
    actors = facets.facets.pop("acteur").get("1", 0)
    created.sort(key=lambda pair: (-pair[0].toordinal(), pair[1]))
    return Catalogue(
        publication_id=publication_id,
        ids=ids,
        facets=facets,
        actors=actors,
        newest_first=array("l", (ordinal for _, ordinal in created)),
        lat=lat,
        lon=lon,
        commune_codes=commune_codes,
        communes=communes,
    )


def forget() -> None:
    """Drops what is kept in memory (after a publication in the same process, and between tests)."""
    _build.cache_clear()
