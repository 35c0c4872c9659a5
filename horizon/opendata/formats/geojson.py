"""GeoJSON (RFC 7946): one feature per structure; one shown at its commune has no geometry."""

from __future__ import annotations

from pathlib import Path

from horizon.opendata.formats.stream import JsonStream, opened
from horizon.opendata.records import Frame
from horizon.opendata.tables import STRUCTURES

PLACED = ("latitude", "longitude")


class GeoJson(JsonStream):
    """The structures as a FeatureCollection."""

    after = "\n]}\n"

    def __init__(self, path: Path, frame: Frame):
        self.before = opened({"type": "FeatureCollection", **frame.head}, "features")
        super().__init__(path)

    def value(self, record: dict) -> dict:
        """A feature."""
        lat, lon = record["latitude"], record["longitude"]
        point = None if lat is None else {"type": "Point", "coordinates": [lon, lat]}
        flat = STRUCTURES.flat(record)
        return {
            "type": "Feature",
            "id": record["identifiant"],
            "geometry": point,
            "properties": {name: value for name, value in flat.items() if name not in PLACED},
        }
