"""GoGoCarto's JSON, which its import reads as it is: Transiscope and other maps may take the directory from here.

An element without `geo` is placed by GoGoCarto from its commune: no point of ours is given for a home.
"""

from __future__ import annotations

from pathlib import Path

from horizon.engine.labels import DOORS
from horizon.opendata.formats.stream import JsonStream, named, opened
from horizon.opendata.records import Frame


class GoGoCarto(JsonStream):
    """The structures as elements, under `data`."""

    after = "\n]}\n"

    def __init__(self, path: Path, frame: Frame):
        self.before = opened({**frame.head, "ontology": "gogofull"}, "data")
        super().__init__(path)

    def value(self, record: dict) -> dict:
        """An element; its categories are the names of its doors."""
        where = {
            "streetAddress": record["adresse"],
            "postalCode": record["code_postal"],
            "addressLocality": record["commune"],
            "addressCountry": "FR",
        }
        found = {
            "id": record["identifiant"],
            "name": named(record),
            "address": {name: value for name, value in where.items() if value},
            "categories": [DOORS[code] for code in record["portes"]],
            "description": record["description"],
            "website": record["site"],
            "telephone": record["telephone"],
            "email": record["courriel"],
            "openHoursString": record["horaires"],
            "sourceKey": "Horizon Commun",
            "source": record["page"],
            "updatedAt": record["modification"],
            "fictif": record["fictif"],
        }
        if record["latitude"] is not None:
            found["geo"] = {"latitude": record["latitude"], "longitude": record["longitude"]}
        return {name: value for name, value in found.items() if value not in (None, [])}
