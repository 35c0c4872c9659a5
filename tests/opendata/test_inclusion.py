"""The data·inclusion file: who is in it, and each row valid for the published schema."""

import json
from itertools import product

import jsonschema
import pytest
from data_inclusion.schema import v1

from horizon.opendata import formats, queries
from horizon.opendata.formats.inclusion import left_out
from horizon.opendata.records import Frame

pytestmark = pytest.mark.django_db


def social(record, **more):
    """A structure of social action that can be reached."""
    return {**record, "code_naf": "88.99B", "acteur": True, "telephone": "05 36 49 12 34", **more}


def test_data_inclusion_is_valid_for_its_published_schema(filled, tmp_path):
    """By the published models (Pydantic) and by the JSON schema that they publish."""
    frame = Frame(filled)
    records = [social(one) for one in queries.all_structures(frame)]
    records[0]["dit"] = [{"champ": "phone", "libelle": "", "par": "", "le": "2026-11-20"}]
    records[1]["modification"] = "1998-01-01"
    writer = formats.Inclusion(tmp_path / "x.json", frame)
    for one in records:
        writer.add(one)
    writer.close()
    rows = json.loads(writer.path.read_text())
    assert len(rows) == len(records) == 7 and not writer.missed
    schema = v1.Structure.model_list_json_schema("structures", "https://example.org/x", "x")
    jsonschema.validate(rows, schema)
    for row, record in zip(rows, records, strict=True):
        v1.Structure(**row)
        assert row["nom"].startswith("Fictif : ") and row["source"].endswith("-fictif")
        assert row["id"] == f"{row['source']}--{record['identifiant']}"
        assert set(row) <= set(v1.Structure.model_fields)
        if record["montree_a"] == "commune":
            assert not {"adresse", "code_postal", "latitude", "longitude"} & set(row)
    assert rows[0]["date_maj"] == "2026-11-20" and rows[1]["date_maj"] == "2026-11-01"


NAMES = [
    "Asso",
    "Le Relais S.A.R.L.",
    "Épicerie « Chez nous »",
    "abc...",
    "N" * 148,
    "L’Abri .",
    "LES AMIS DU 3.",
]
SITES = [None, "https://www.exemple.fr", "http://exemple.fr/où?q=été", "https://Épicerie.fr", "https://exemple.fr:8443/",
         "https://exemple.fr:99999", "https://www.exemple.fr:port", "ftp://exemple.fr", "https://moi:secret@exemple.fr/"]  # fmt: skip
PHONES = [None, "05 36 49 12 34", "+33536491234", "+41227670000"]
EMAILS = [None, "contact@exemple.fr", "la.régie@exemple.fr"]
PLACES = [("adresse", "1 rue du Gué"), ("description", "abc"), ("description", "Aide à domicile.\n\nTous les jours."), ("siret", None),
          ("modification", "1900-01-01"), ("modification", None)]  # fmt: skip


def test_what_is_written_for_data_inclusion_is_valid_row_by_row(filled, tmp_path):
    """More than five hundred structures as people and registers write them: each row in the file is valid by itself."""
    frame = Frame(filled)
    made = list(queries.all_structures(frame))
    every = product(NAMES, SITES, PHONES, EMAILS)
    writer, asked = formats.Inclusion(tmp_path / "x.json", frame), 0
    for number, (name, site, phone, email) in enumerate(every):
        field, value = PLACES[number % len(PLACES)]
        said = {
            "nom": name,
            "site": site,
            "telephone": phone,
            "courriel": email,
            "fictif": number % 2 == 0,
            field: value,
        }
        writer.add(social(made[number % len(made)], **said))
        asked += 1
    writer.close()
    rows = json.loads(writer.path.read_text())
    assert asked == len(rows) + sum(writer.missed.values()) and len(rows) > 500
    schema = v1.Structure.model_list_json_schema("structures", "https://example.org/x", "x")
    jsonschema.validate(rows, schema)
    for row in rows:
        v1.Structure(**row)
    assert {row.get("site_web") for row in rows} == {None, *SITES[1:4]}
    assert not [row for row in rows if row["nom"].endswith(".")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"nom": "ab...", "fictif": False}, "nom"),
        ({"nom": "x" * 150 + ".", "fictif": False}, None),
        (
            {"telephone": None, "adresse": None, "courriel": None, "site": "https://exemple.fr:99999"},
            "contact",
        ),
        ({"code_naf": "85.59A"}, None),
        ({"code_naf": "90.01Z"}, "activite"),
        ({"code_naf": None}, "activite"),
        ({"acteur": False}, "signe"),
        ({"telephone": None, "adresse": None, "courriel": None, "site": None}, "contact"),
        ({"nom": "X", "fictif": False}, "nom"),
        ({"nom": "x" * 151}, "nom"),
    ],
)
def test_who_is_left_out_of_data_inclusion(filled, changes, reason):
    record = next(queries.all_structures(Frame(filled)))
    assert left_out(social(record, **changes)) == reason
