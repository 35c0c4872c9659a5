"""The communes of an intercommunality as GeoJSON (RFC 7946): official outlines when they were fetched, else schematic cells."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from horizon.engine.cells import cells, degrees, plane
from horizon.territory.atlas import REACH_KM
from horizon.territory.models import Commune, Outline

DIGITS = 5  # about a metre


class Shapes(NamedTuple):
    """`codes` in order: the rank of a commune is its place there, and its `id` in `geojson`. Empty: not drawable."""

    codes: tuple[str, ...]
    geojson: bytes


@lru_cache(maxsize=4)
def shapes(epci_code: str, edition: str) -> Shapes:
    """The shapes of an EPCI's communes; `edition` is that of the publication shown. Two queries."""
    communes = list(Commune.objects.filter(epci_id=epci_code).order_by("code"))
    known = {c.code: (c.lat, c.lon) for c in communes if c.lat is not None and c.lon is not None}
    if not communes or len(known) < len(communes):
        return Shapes((), b"")
    outlines = {
        outline.commune_id: outline.rings for outline in Outline.objects.filter(commune__epci_id=epci_code)
    }
    official = len(outlines) == len(communes)
    if official:
        rings = outlines
    else:
        rings = {
            code: [[(lon, lat) for lat, lon in degrees([*cell, cell[0]], known)]]
            for code, cell in cells(plane(known), REACH_KM).items()
        }
    features = [
        {
            "type": "Feature",
            "id": rank,
            "properties": {"code": c.code, "name": c.name, "population": c.population, "at": [c.lon, c.lat]},
            "geometry": {
                "type": "MultiPolygon",
                "coordinates": [[[_rounded(point) for point in ring]] for ring in rings[c.code]],
            },
        }
        for rank, c in enumerate(communes)
    ]
    found = {"type": "FeatureCollection", "schematic": not official, "features": features}
    return Shapes(
        tuple(c.code for c in communes), json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    )


def _rounded(point) -> list[float]:
    return [round(point[0], DIGITS), round(point[1], DIGITS)]
