"""The schematic map of an intercommunality: cells drawn from centroids, and the square of each commune."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from horizon.engine.cells import cells, plane
from horizon.engine.grid import LETTERS, ROWS, Frame, frame
from horizon.territory.models import Commune

REACH_KM = 6.0


class Drawn(NamedTuple):
    """A commune on the drawing: a square is 100 units. `path` is empty when the commune has no known centroid."""

    code: str
    name: str
    square: str
    path: str
    x: float
    y: float
    population: int | None


class Atlas(NamedTuple):
    """All communes of an EPCI, alphabetical; `drawable` says whether centroids are known. One kilometre is `km` units."""

    communes: tuple[Drawn, ...]
    drawable: bool
    km: float
    frame: Frame | None
    letters: str = LETTERS
    rows: int = ROWS

    def square_of(self, code: str) -> str:
        """The square of a commune, such as `C7`, or nothing."""
        return next((drawn.square for drawn in self.communes if drawn.code == code), "")


@lru_cache(maxsize=4)
def atlas(epci_code: str, edition: int) -> Atlas:
    """The atlas of an EPCI. `edition` is the publication it belongs to: a new one draws it again. One query."""
    communes = list(Commune.objects.filter(epci_id=epci_code).order_by("name"))
    known = {c.code: (c.lat, c.lon) for c in communes if c.lat is not None and c.lon is not None}
    if len(known) < len(communes) or not communes:
        return Atlas(
            tuple(Drawn(c.code, c.name, "", "", 0, 0, c.population) for c in communes), False, 0, None
        )
    flat = plane(known)
    made = frame(list(flat.values()), REACH_KM * 1.03)
    shapes = cells(flat, REACH_KM)
    drawn = []
    for commune in communes:
        x, y = flat[commune.code]
        points = [made.place(*corner) for corner in shapes[commune.code]]
        path = "M" + "L".join(f"{px:.0f} {py:.0f}" for px, py in points) + "z"
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
            )
        )
    return Atlas(tuple(drawn), True, 100 / made.size, made)
