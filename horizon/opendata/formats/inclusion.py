"""data·inclusion, schema version 1 (« structures »): what social workers look up. Only entries for which it makes sense.

The schema is about the offer of integration (offre d'insertion). A choir has no place in it; a structure that cannot
be reached neither. Services are not written: registers do not know them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from horizon.engine.webaddress import NotAllowed, target
from horizon.opendata.formats.stream import JsonStream, named
from horizon.opendata.records import Frame

SHORTEST, LONGEST = 3, 150
CENTURY = "2000-01-01"
DIVISIONS = ("78", "87", "88")  # employment, accommodation with care, social action
CLASSES = ("85.59",)  # adult and further education
LEFT_OUT = {
    "activite": "dont l’activité n’est ni l’action sociale, ni l’hébergement, ni l’emploi, ni la formation des adultes",
    "signe": "sans signe de vie connu",
    "contact": "sans adresse, téléphone, courriel ni site publics",
    "nom": f"dont le nom a moins de {SHORTEST} ou plus de {LONGEST} signes",
}


def left_out(record: dict) -> str | None:
    """Why a structure is not for data·inclusion; None when it is."""
    code = record["code_naf"] or ""
    if code[:2] not in DIVISIONS and code[:5] not in CLASSES:
        return "activite"
    if not record["acteur"]:
        return "signe"
    if not (record["adresse"] or record["telephone"] or record["courriel"] or _site(record)):
        return "contact"
    if not SHORTEST <= len(_name(record)) <= LONGEST:
        return "nom"
    return None


def _name(record: dict) -> str:
    """The name as the schema takes it: without a full stop at its end."""
    return named(record).rstrip(" .")


def _site(record: dict) -> str | None:
    """The web address, if everybody's reader takes it."""
    try:
        target(record["site"] or "")
    except NotAllowed:
        return None
    return record["site"]


class Inclusion(JsonStream):
    """The structures as the published schema reads them; `missed` counts those left out by reason."""

    def __init__(self, path: Path, frame: Frame):
        self.source = f"horizon-commun-{frame.publication.territory_code}" + (
            "-fictif" if frame.fictitious else ""
        )
        self.missed: Counter[str] = Counter()
        super().__init__(path)

    def value(self, record: dict) -> dict | None:
        """A structure of the schema."""
        reason = left_out(record)
        if reason is not None:
            self.missed[reason] += 1
            return None
        said = [one["le"] for one in record["dit"] if one["le"]]
        changed = max([*said, record["modification"] or ""])
        description = record["description"] or ""
        found = {
            "source": self.source,
            "id": f"{self.source}--{record['identifiant']}",
            "nom": _name(record),
            "date_maj": changed if changed >= CENTURY else record["millesime"],
            "description": description if len(description) >= 5 else None,
            "lien_source": record["page"],
            "siret": record["siret"],
            "commune": record["commune"],
            "code_postal": record["code_postal"],
            "code_insee": record["code_insee"],
            "adresse": record["adresse"],
            "longitude": record["longitude"],
            "latitude": record["latitude"],
            "telephone": record["telephone"],
            "courriel": record["courriel"],
            "site_web": _site(record),
        }
        return {name: value for name, value in found.items() if value is not None}
