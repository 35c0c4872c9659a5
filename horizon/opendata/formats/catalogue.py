"""What describes the files: a DCAT catalogue for portals (data.gouv.fr reads it), a data package for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from horizon.directory.licences import ADDRESS, NAME, SPDX
from horizon.kernel.templatetags.atlas import short_territory
from horizon.opendata.tables import TABLES

if TYPE_CHECKING:
    from horizon.opendata.dumps import Dump

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
    "dct:license": {"@type": "@id"},
    "dct:language": {"@type": "@id"},
    "dct:accrualPeriodicity": {"@type": "@id"},
    "dct:issued": {"@type": "xsd:dateTime"},
    "dct:modified": {"@type": "xsd:dateTime"},
    "dcat:downloadURL": {"@type": "@id"},
    "dcat:accessURL": {"@type": "@id"},
    "dcat:landingPage": {"@type": "@id"},
    "dcat:endpointURL": {"@type": "@id"},
    "dcat:endpointDescription": {"@type": "@id"},
    "dcat:mediaType": {"@type": "@id"},
    "spdx:algorithm": {"@type": "@id"},
    "spdx:checksumValue": {"@type": "xsd:hexBinary"},
    "dcat:byteSize": {"@type": "xsd:nonNegativeInteger"},
}
WEEKLY = "http://publications.europa.eu/resource/authority/frequency/WEEKLY"
FRENCH = "http://publications.europa.eu/resource/authority/language/FRA"
MEDIA = "https://www.iana.org/assignments/media-types/"
FIELD_TYPES = {
    "texte": "string",
    "entier": "integer",
    "nombre": "number",
    "booleen": "boolean",
    "date": "date",
    "liste": "list",
}


def dcat(dump: Dump) -> dict:
    """The catalogue (DCAT 3, in JSON-LD with its context in it): one dataset per table, one distribution per file."""
    site = settings.ORIGIN
    here = f"{site}/donnees/"
    made = dump.made_at.isoformat(timespec="seconds")
    publisher = {
        "id": f"{site}/#editeur",
        "type": "foaf:Agent",
        "foaf:name": settings.OPERATOR or "Horizon Commun",
    }
    warning = "Données fictives de démonstration : rien n’existe. " if dump.fictitious else ""
    datasets = []
    for table in TABLES:
        files = [one for one in dump.files if one.table == table.name]
        datasets.append(
            {
                "id": f"{here}#{table.name}",
                "type": "dcat:Dataset",
                "dct:identifier": f"{dump.territory_code}-{table.name}",
                "dct:title": f"{warning}{table.title}, {dump.territory_name}",
                "dct:description": warning + " ; ".join(c.says for c in table.columns if c.says),
                "dct:modified": made,
                "dct:language": FRENCH,
                "dct:accrualPeriodicity": WEEKLY,
                "dct:publisher": publisher,
                "dcat:landingPage": here,
                "dcat:distribution": [
                    {
                        "id": here + one.name,
                        "type": "dcat:Distribution",
                        "dct:title": f"{warning}{one.title}",
                        "dct:license": ADDRESS,
                        "dcat:accessURL": here,
                        "dcat:downloadURL": here + one.name,
                        "dcat:mediaType": MEDIA + one.media.split(";")[0],
                        "dcat:byteSize": one.size,
                        "spdx:checksum": {
                            "type": "spdx:Checksum",
                            "spdx:algorithm": "spdx:checksumAlgorithm_sha256",
                            "spdx:checksumValue": one.sha256,
                        },
                    }
                    for one in files
                ],
            }
        )
    service = {
        "id": f"{site}/api/v1/",
        "type": "dcat:DataService",
        "dct:title": "API, version 1",
        "dct:license": ADDRESS,
        "dcat:endpointURL": f"{site}/api/v1/",
        "dcat:endpointDescription": f"{site}/api/v1/openapi.json",
    }
    return {
        "@context": CONTEXT,
        "id": here,
        "type": "dcat:Catalog",
        "dct:title": f"{warning}Horizon Commun, {dump.territory_name}",
        "dct:description": f"{warning}L’économie sociale et solidaire de {short_territory(dump.territory_name)}, en données ouvertes.",
        "dct:publisher": publisher,
        "dct:license": ADDRESS,
        "dct:language": FRENCH,
        "dct:modified": made,
        "dcat:dataset": datasets,
        "dcat:service": service,
    }


def data_package(dump: Dump) -> dict:
    """A Frictionless data package: the columns of each CSV, with their kinds and what they say."""
    by_name = {table.name: table for table in TABLES}
    resources = []
    for one in dump.files:
        if not one.name.endswith(".csv"):
            continue
        columns = by_name[one.table].columns
        resources.append(
            {
                "name": one.table,
                "path": one.name,
                "title": one.title,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": one.size,
                "hash": f"sha256:{one.sha256}",
                "schema": {
                    "fields": [
                        {
                            "name": column.name,
                            "type": FIELD_TYPES[column.kind],
                            **({"delimiter": "|"} if column.kind == "liste" else {}),
                            **({"description": column.says} if column.says else {}),
                        }
                        for column in columns
                    ]
                },
            }
        )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"horizon-commun-{dump.territory_code}",
        "title": f"Horizon Commun, {dump.territory_name}",
        "fictif": dump.fictitious,
        "created": dump.made_at.isoformat(timespec="seconds"),
        "licenses": [{"name": SPDX, "path": ADDRESS, "title": NAME}],
        "resources": resources,
    }
