"""Schematic cells (carte schématique): one polygon per place, drawn from its centroid alone.

A cell is what is nearer to its centroid than to any other (Voronoi 1908), cut by a disc so that the outline of the
whole stays near its places. Computed by clipping a polygon with half-planes (Sutherland and Hodgman 1974): with n
places it costs n² clips, which is nothing for the hundred communes of the largest intercommunality.
"""

from __future__ import annotations

from math import cos, hypot, pi, radians, sin

Point = tuple[float, float]
DISC_SIDES = 24


def plane(points: dict[str, Point]) -> dict[str, Point]:
    """(lat, lon) in degrees to kilometres east and south of the middle, on a local plane (equirectangular)."""
    if not points:
        return {}
    lats = [lat for lat, _ in points.values()]
    lons = [lon for _, lon in points.values()]
    lat0, lon0 = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    return {
        key: ((lon - lon0) * 111.32 * cos(radians(lat0)), (lat0 - lat) * 110.57)
        for key, (lat, lon) in points.items()
    }


def degrees(flat: list[Point], points: dict[str, Point]) -> list[Point]:
    """Points of the plane that `plane(points)` makes, back to (lat, lon) in degrees."""
    lats = [lat for lat, _ in points.values()]
    lons = [lon for _, lon in points.values()]
    lat0, lon0 = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    across = 111.32 * cos(radians(lat0))
    return [(lat0 - y / 110.57, lon0 + x / across) for x, y in flat]


def cells(points: dict[str, Point], reach: float) -> dict[str, list[Point]]:
    """The polygon of each place, counter-clockwise in the plane's units, within `reach` of its centroid.

    Two places at the same point would have no border: they share one cell. A lone place gets a disc.
    """
    found = {}
    for key, (x, y) in points.items():
        polygon = [
            (x + reach * cos(2 * pi * side / DISC_SIDES), y + reach * sin(2 * pi * side / DISC_SIDES))
            for side in range(DISC_SIDES)
        ]
        for other, (u, v) in points.items():
            apart = hypot(u - x, v - y)
            if other != key and 0 < apart < 2 * reach:
                polygon = _clip(polygon, (x + u) / 2, (y + v) / 2, u - x, v - y)
        found[key] = polygon
    return found


def _clip(polygon: list[Point], mx: float, my: float, nx: float, ny: float) -> list[Point]:
    """What of a convex polygon is on the side of (mx, my) away from the normal (nx, ny)."""
    kept: list[Point] = []
    for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        side1 = (x1 - mx) * nx + (y1 - my) * ny
        side2 = (x2 - mx) * nx + (y2 - my) * ny
        if side1 <= 0:
            kept.append((x1, y1))
        if side1 * side2 < 0:
            share = side1 / (side1 - side2)
            kept.append((x1 + share * (x2 - x1), y1 + share * (y2 - y1)))
    return kept
