"""The schematic map of an intercommunality: cells drawn from centroids, and the square of each commune."""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians
from typing import NamedTuple

from horizon.engine.cells import cells, plane
from horizon.engine.folding import fold
from horizon.engine.grid import LETTERS, ROWS, Frame, frame
from horizon.territory.models import Commune, Outline

REACH_KM = 6.0
MARGIN_KM = 1.5


class Drawn(NamedTuple):
    """A commune on the drawing: a square is 100 units. `path` is empty when the commune has no known centroid."""

    code: str
    name: str
    square: str
    path: str
    x: float
    y: float
    population: int | None
    year: str = ""  # of the population


class Atlas(NamedTuple):
    """All communes of an EPCI, alphabetical; `drawable` says whether centroids are known. One kilometre is `km` units."""

    communes: tuple[Drawn, ...]
    drawable: bool
    km: float
    frame: Frame | None
    letters: str = LETTERS
    rows: int = ROWS
    schematic: bool = True

    def square_of(self, code: str) -> str:
        """The square of a commune, such as `C7`, or nothing."""
        return next((drawn.square for drawn in self.communes if drawn.code == code), "")

    def rank_of(self, code: str) -> int | None:
        """The rank of a commune from west to east, from 1: its tick on the rule. None without a drawing."""
        if not self.drawable:
            return None
        westward = sorted(self.communes, key=lambda drawn: (drawn.x, drawn.code))
        return next((rank for rank, drawn in enumerate(westward, 1) if drawn.code == code), None)


@lru_cache(maxsize=4)
def atlas(epci_code: str, edition: str) -> Atlas:
    """The atlas of an EPCI: official outlines when they were fetched, else schematic cells, else nothing to draw.

    `edition` is that of the publication shown: a new one draws it again. Two queries.
    """
    communes = sorted(Commune.objects.filter(epci_id=epci_code), key=lambda commune: fold(commune.name))
    outlines = {
        outline.commune_id: outline.rings for outline in Outline.objects.filter(commune__epci_id=epci_code)
    }
    known = {c.code: (c.lat, c.lon) for c in communes if c.lat is not None and c.lon is not None}
    if len(known) < len(communes) or not communes:
        return Atlas(
            tuple(Drawn(c.code, c.name, "", "", 0, 0, c.population, c.population_vintage) for c in communes),
            False,
            0,
            None,
        )
    official = len(outlines) == len(communes)
    flat = plane(known)
    if official:
        shapes = _official_shapes(known, outlines)
        made = frame([point for rings in shapes.values() for ring in rings for point in ring], MARGIN_KM)
    else:
        shapes = {code: [cell] for code, cell in cells(flat, REACH_KM).items()}
        made = frame(list(flat.values()), REACH_KM * 1.03)
    drawn = []
    for commune in communes:
        x, y = flat[commune.code]
        path = "".join(_path(made, ring) for ring in shapes[commune.code])
        px, py = made.place(x, y)
        drawn.append(
            Drawn(
                commune.code,
                commune.name,
                made.reference(x, y),
                path,
                round(px),
                round(py),
                commune.population,
                commune.population_vintage,
            )
        )
    return Atlas(tuple(drawn), True, 100 / made.size, made, schematic=not official)


def _path(made: Frame, ring: list) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in (made.place(*point) for point in ring)) + "z"


def _official_shapes(
    known: dict[str, tuple[float, float]], outlines: dict[str, list]
) -> dict[str, list[list]]:
    """Rings on the plane of the centroids, so that points and outlines share it."""
    lats, lons = [lat for lat, _ in known.values()], [lon for _, lon in known.values()]
    lat0, lon0 = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    across = 111.32 * cos(radians(lat0))
    return {
        code: [[((lon - lon0) * across, (lat0 - lat) * 110.57) for lon, lat in ring] for ring in rings]
        for code, rings in outlines.items()
    }
