"""Making outlines light: fewer points, the same shape to the eye."""

from __future__ import annotations

from math import hypot

Point = tuple[float, float]


def simplify(points: list[Point], tolerance: float) -> list[Point]:
    """A line with fewer points, none of those dropped being further than `tolerance` from it (Douglas and Peucker 1973).

    The first and last points stay; units are those of the points. Lines of two points or fewer are left as they are.

    >>> simplify([(0, 0), (1, 0.01), (2, 0)], 0.1)
    [(0, 0), (2, 0)]
    """
    if len(points) < 3:
        return list(points)
    kept = {0, len(points) - 1}
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        worst, where = -1.0, 0
        for index in range(first + 1, last):
            apart = _apart(points[index], points[first], points[last])
            if apart > worst:
                worst, where = apart, index
        if worst > tolerance:
            kept.add(where)
            stack += [(first, where), (where, last)]
    return [points[index] for index in sorted(kept)]


def _apart(point: Point, start: Point, end: Point) -> float:
    """Distance from a point to a segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    share = (
        0.0
        if length == 0
        else max(0.0, min(1.0, ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length))
    )
    return hypot(point[0] - start[0] - share * dx, point[1] - start[1] - share * dy)


def exterior_rings(geometry: dict) -> list[list[Point]]:
    """The exterior rings of a GeoJSON Polygon or MultiPolygon, (lon, lat). Raises ValueError for anything else."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        polygons: list = [coordinates or []]
    elif kind == "MultiPolygon":
        polygons = list(coordinates or [])
    else:
        raise ValueError(f"an outline is a Polygon or a MultiPolygon, not {kind!r}")
    rings = []
    for polygon in polygons or []:
        ring = [(float(lon), float(lat)) for lon, lat, *_ in (polygon[0] if polygon else [])]
        if len(ring) < 4 or not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring):
            raise ValueError("an outline has a ring of fewer than four points, or outside the Earth")
        rings.append(ring)
    if not rings:
        raise ValueError("an outline without a ring")
    return rings
