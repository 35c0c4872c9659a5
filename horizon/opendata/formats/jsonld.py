"""JSON-LD: schema.org for search engines, ESSglobal (the vocabulary of RIPESS) for the maps of the solidarity economy.

The context is in the file: whoever reads it asks nobody for anything.
"""

from __future__ import annotations

from pathlib import Path

from horizon.directory.licences import ADDRESS
from horizon.opendata.formats.stream import JsonStream, opened
from horizon.opendata.records import Frame

CONTEXT = {
    "@vocab": "https://schema.org/",
    "ess": "http://purl.org/essglobal/vocab/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "id": "@id",
    "type": "@type",
    "url": {"@type": "@id"},
    "sameAs": {"@type": "@id"},
    "license": {"@type": "@id"},
    "ess:legalForm": {"@type": "@id"},
    "foundingDate": {"@type": "Date"},
    "dateModified": {"@type": "Date"},
}
KINDS = {"association": "NGO", "fondation": "NGO"}
COOPERATIVE = "http://purl.org/essglobal/standard/legal-form/L2"
INVENTED = "Structure fictive, inventée pour une démonstration : elle n’existe pas."


class JsonLd(JsonStream):
    """The structures as a graph."""

    after = "\n]}\n"

    def __init__(self, path: Path, frame: Frame):
        self.before = opened({"@context": CONTEXT}, "@graph")
        super().__init__(path)

    def value(self, record: dict) -> dict:
        """One structure, both an Organization and an SSE initiative."""
        place = {
            "type": "PostalAddress",
            "streetAddress": record["adresse"],
            "postalCode": record["code_postal"],
            "addressLocality": record["commune"],
            "addressCountry": "FR",
        }
        ess_place = {
            "type": "ess:Address",
            "vcard:street-address": record["adresse"],
            "vcard:postal-code": record["code_postal"],
            "vcard:locality": record["commune"],
            "vcard:country-name": "France",
        }
        numbers = (
            ("SIREN", record["siren"]),
            ("RNA", record["rna"]),
            ("code Insee de la commune", record["code_insee"]),
        )
        found = {
            "id": record["page"],
            "type": [KINDS.get(record["famille"], "Organization"), "ess:SSEInitiative"],
            "name": record["nom"],
            "alternateName": record["sigle"],
            "description": record["description"],
            "disambiguatingDescription": INVENTED if record["fictif"] else None,
            "identifier": [
                {"type": "PropertyValue", "propertyID": name, "value": value}
                for name, value in numbers
                if value
            ],
            "url": record["page"],
            "sameAs": record["site"],
            "telephone": record["telephone"],
            "email": record["courriel"],
            "openingHours": record["horaires"],
            "foundingDate": record["creation"],
            "address": _kept(place),
            "ess:hasAddress": _kept(ess_place),
            "ess:legalForm": COOPERATIVE if record["famille"] == "cooperative" else None,
            "keywords": [*record["portes"], *record["poles"]],
            "license": ADDRESS,
        }
        if record["latitude"] is not None:
            found["location"] = {
                "type": "Place",
                "geo": {
                    "type": "GeoCoordinates",
                    "latitude": record["latitude"],
                    "longitude": record["longitude"],
                },
            }
        return _kept(found)


def _kept(values: dict) -> dict:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
