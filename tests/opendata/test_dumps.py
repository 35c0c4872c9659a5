"""The dumps: each format read back by an independent reader, whole or not at all, fresh, and free of what is taken back."""

import csv
import hashlib
import io
import json
import os
from datetime import date, timedelta

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest
from django.test import override_settings
from django.utils import timezone
from pyld import jsonld

from horizon.directory.models import Entry, Publication, Statement
from horizon.directory.said.refresh import refresh_directory
from horizon.directory.said.services import state
from horizon.kernel import periodic
from horizon.kernel.refusal import Refused
from horizon.listening.models import Need
from horizon.listening.services import reading, saying
from horizon.opendata import dumps, formats, queries
from horizon.opendata.records import Frame
from horizon.opendata.tables import STRUCTURES, TABLES
from tests.opendata.kit import SECRET
from tests.people import entry_named

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dumped(filled_once, django_db_blocker, small_marts, tmp_path_factory):
    """The files, written once; and the records that they were made from."""
    with (
        django_db_blocker.unblock(),
        override_settings(VAR=tmp_path_factory.mktemp("dumped"), MARTS=small_marts),
    ):
        made = dumps.write_dumps()
        frame = Frame(Publication.objects.get(pk=filled_once))
        return made, {table.name: [table.flat(row) for row in table.rows(frame)] for table in TABLES}


def read(dumped, name):
    return (dumped[0].folder / name).read_text(encoding="utf-8")


def test_every_file_has_its_size_and_print(dumped):
    made, _ = dumped
    sums = dict(line.split("  ")[::-1] for line in read(dumped, "SHA256SUMS").splitlines())
    assert len(made.files) == 23 and len(sums) == 20
    for one in made.files:
        content = (made.folder / one.name).read_bytes()
        assert len(content) == one.size and hashlib.sha256(content).hexdigest() == one.sha256
        assert sums.get(one.name, one.sha256) == one.sha256


def test_no_secret_and_everything_says_that_it_is_fictitious(dumped):
    made, _ = dumped
    for one in made.files:
        content = (made.folder / one.name).read_bytes()
        assert SECRET.encode() not in content and b"secret@" not in content, one.name
        if one.name not in {"SHA256SUMS", "structures.data-inclusion.json"} and one.rows != 0:
            assert b"icti" in content, one.name
    assert made.prefix.startswith("fictif-")
    for table in TABLES:
        assert all(row["fictif"] is True for row in dumped[1][table.name])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_csv_read_back(dumped, table):
    """Python's own reader: same columns, same rows; an apostrophe before what a spreadsheet would run."""
    rows = list(csv.DictReader(io.StringIO(read(dumped, f"{table.name}.csv"), newline="")))
    wanted = dumped[1][table.name]
    assert len(rows) == len(wanted)
    for row, expected in zip(rows, wanted, strict=True):
        assert list(row) == [column.name for column in table.columns]
        for name, value in expected.items():
            told = row[name]
            if isinstance(value, list):
                assert told.split("|") == [str(item) for item in value] if value else told == ""
            elif isinstance(value, bool):
                assert told == str(value).lower()
            elif isinstance(value, float):
                assert float(told) == value
            else:
                text = "" if value is None else str(value)
                assert told == (f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_parquet_read_back(dumped, table):
    """Arrow's reader, not the one that wrote it: exact values and types, licence in the metadata."""
    read_back = pq.read_table(dumped[0].folder / f"{table.name}.parquet")
    wanted = dumped[1][table.name]
    rows = read_back.to_pylist()
    assert len(rows) == len(wanted)
    for row, expected in zip(rows, wanted, strict=True):
        plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}
        assert plain == expected
    told = read_back.schema.metadata
    assert b"Licence Ouverte 2.0" in told[b"licence"] and told[b"fictif"] == b"true"


def test_duckdb_reads_the_csv_as_the_parquet(dumped):
    """Whoever starts from either has the same table, as far as CSV can say it."""
    folder = dumped[0].folder
    with duckdb.connect() as connection:
        for table in TABLES:
            counts = [
                connection.execute(f"SELECT count(*) FROM '{folder}/{table.name}.{kind}'").fetchone()
                for kind in ("csv", "parquet")
            ]
            assert counts[0] == counts[1], table.name


GEOJSON = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "geometry", "properties"],
                "properties": {
                    "type": {"const": "Feature"},
                    "geometry": {
                        "oneOf": [
                            {"type": "null"},
                            {
                                "type": "object",
                                "required": ["type", "coordinates"],
                                "properties": {
                                    "type": {"const": "Point"},
                                    "coordinates": {
                                        "type": "array",
                                        "prefixItems": [
                                            {"type": "number", "minimum": -6, "maximum": 10},
                                            {"type": "number", "minimum": 41, "maximum": 52},
                                        ],
                                        "minItems": 2,
                                        "maxItems": 2,
                                    },
                                },
                            },
                        ]
                    },
                    "properties": {"type": "object"},
                },
            },
        },
    },
}


def test_geojson_read_back(dumped):
    """RFC 7946's shape, longitude first; a home has no geometry."""
    found = json.loads(read(dumped, "structures.geojson"))
    jsonschema.Draft202012Validator(GEOJSON).validate(found)
    assert found["fictif"] is True and found["licence"] == "Licence Ouverte 2.0"
    for feature, expected in zip(found["features"], dumped[1]["structures"], strict=True):
        point = feature["geometry"]
        assert (point is None) == (expected["latitude"] is None)
        if point is not None:
            assert point["coordinates"] == [expected["longitude"], expected["latitude"]]
        if expected["montree_a"] == "commune":
            assert point is None and feature["properties"]["adresse"] is None
        flat = {name: value for name, value in expected.items() if name not in {"latitude", "longitude"}}
        assert feature["properties"] == flat


def test_json_ld_read_back_without_asking_anybody(dumped):
    """Expanded by another library, with its own context only: schema.org and ESSglobal names, and the values."""
    expanded = jsonld.expand(json.loads(read(dumped, "structures.jsonld")), {"documentLoader": _nobody})
    by_id = {one["@id"]: one for one in expanded}
    assert len(by_id) == len(dumped[1]["structures"])
    for row in dumped[1]["structures"]:
        one = by_id[row["page"]]
        assert "http://purl.org/essglobal/vocab/SSEInitiative" in one["@type"]
        assert one["https://schema.org/name"] == [{"@value": row["nom"]}]
        assert "fictive" in one["https://schema.org/disambiguatingDescription"][0]["@value"]
        where = one["http://purl.org/essglobal/vocab/hasAddress"][0]
        assert where["http://www.w3.org/2006/vcard/ns#locality"] == [{"@value": row["commune"]}]
        assert ("http://www.w3.org/2006/vcard/ns#street-address" in where) == (row["adresse"] is not None)
        assert ("https://schema.org/location" in one) == (row["latitude"] is not None)
    triples = jsonld.to_rdf(json.loads(read(dumped, "structures.jsonld")), {"documentLoader": _nobody})
    assert len(triples["@default"]) > 10 * len(by_id)


def _nobody(url, options=None):
    raise AssertionError(f"the file asks {url}")


def test_dcat_read_back(dumped):
    """A catalogue, one dataset per table, each file with its licence, size and print."""
    expanded = jsonld.expand(json.loads(read(dumped, "catalogue.jsonld")), {"documentLoader": _nobody})
    dcat = "http://www.w3.org/ns/dcat#"
    assert expanded[0]["@type"] == [f"{dcat}Catalog"]
    datasets = expanded[0][f"{dcat}dataset"]
    assert len(datasets) == len(TABLES)
    files = [one for dataset in datasets for one in dataset[f"{dcat}distribution"]]
    sizes = {one["@id"].rsplit("/", 1)[1]: int(one[f"{dcat}byteSize"][0]["@value"]) for one in files}
    assert sizes == {one.name: one.size for one in dumped[0].files if one.table}
    for dataset in datasets:
        assert "fictives" in dataset["http://purl.org/dc/terms/title"][0]["@value"]
    for one in files:
        assert one["http://purl.org/dc/terms/license"][0]["@id"].startswith("https://www.etalab.gouv.fr/")
        assert one["http://spdx.org/rdf/terms#checksum"]


def test_the_data_package_describes_each_csv(dumped):
    package = json.loads(read(dumped, "datapackage.json"))
    assert package["licenses"][0]["name"] == "etalab-2.0" and package["fictif"] is True
    for resource in package["resources"]:
        header = read(dumped, resource["path"]).splitlines()[0].split(",")
        assert [field["name"] for field in resource["schema"]["fields"]] == header


def gogocarto_import(data):
    """What GoGoCarto's import does with a file, in its own order and words (`importJson`, `fixsOntology`)."""
    rows = data.get("data", data)
    elements = []
    for row in rows:
        row = dict(row)
        if "geo" in row:
            row["latitude"], row["longitude"] = row["geo"]["latitude"], row["geo"]["longitude"]
            del row["geo"]
        address = row.pop("address", {})
        row.update(address if isinstance(address, dict) else {"streetAddress": address})
        if "categories" in row and "taxonomy" not in row:
            row["taxonomy"] = row.pop("categories")
        core = (
            "id",
            "name",
            "taxonomy",
            "streetAddress",
            "addressLocality",
            "postalCode",
            "latitude",
            "longitude",
        )
        elements.append({**dict.fromkeys(core, ""), **row})
    return elements


def test_gogocarto_reads_it_as_its_import_does(dumped):
    elements = gogocarto_import(json.loads(read(dumped, "structures.gogocarto.json")))
    for element, row in zip(elements, dumped[1]["structures"], strict=True):
        assert element["id"] == row["identifiant"] and element["name"] == f"Fictif : {row['nom']}"
        assert element["addressLocality"] == row["commune"]
        assert len(element["taxonomy"]) == len(row["portes"])
        assert (element["latitude"] == "") == (row["latitude"] is None)
        if row["montree_a"] == "commune":
            assert element["streetAddress"] == element["postalCode"] == element["latitude"] == ""


def test_the_page_says_who_is_left_out_and_serves_the_files(client, filled):
    made = dumps.write_dumps()
    page = client.get("/donnees/").content.decode()
    assert (
        "7\u00a0structures dont l’activité" in page
        and "comment citer" in page
        and "Licence Ouverte 2.0" in page
    )
    for one in made.files:
        assert f'href="/donnees/{one.name}"' in page
        answer = client.get(f"/donnees/{one.name}")
        content = b"".join(answer.streaming_content)
        assert hashlib.sha256(content).hexdigest() == one.sha256 and answer["Content-Type"] == one.media
        assert answer["Access-Control-Allow-Origin"] == "*" and answer["Last-Modified"]
        assert (
            client.get(f"/donnees/{one.name}", headers={"if-none-match": answer["ETag"]}).status_code == 304
        )
        if one.table:
            assert f'filename="fictif-ess-200069854-{one.name}"' in answer["Content-Disposition"]
    for name in ("prints.json", "manifest.json", "..%2Fsecret.key", "%2e%2e/x", "../../etc/passwd"):
        assert client.get(f"/donnees/{name}").status_code == 404, name


def test_a_failure_leaves_the_former_files(filled, monkeypatch):
    first = dumps.write_dumps()

    def broken(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(formats, "parquet", broken)
    with pytest.raises(OSError, match="no space"):
        dumps.write_dumps()
    assert dumps.current() == first
    assert [path.name for path in dumps.place().iterdir() if path.name.startswith("making")] == []


def test_what_a_kill_leaves_is_swept_and_one_former_dump_is_kept(filled):
    first = dumps.write_dumps()
    left = dumps.place() / "making-0000"
    left.mkdir()
    old = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(left, (old, old))
    second = dumps.write_dumps()
    assert first.folder.exists() and not left.exists() and dumps.current() == second
    third = dumps.write_dumps()
    assert not first.folder.exists() and second.folder.exists() and dumps.current() == third


def test_a_publication_that_changes_meanwhile_is_started_again(filled, monkeypatch):
    """The first attempt sees another publication at its end; the second one is kept."""
    real, asked = dumps.current_publication, []

    def moving():
        asked.append(1)
        found = real()
        if len(asked) == 2:
            found.pk += 1
        return found

    monkeypatch.setattr(dumps, "current_publication", moving)
    assert dumps.write_dumps().files and len(asked) == 4


def test_they_are_written_again_each_week_and_at_each_publication(filled, monkeypatch):
    assert "first" in dumps.freshen() and dumps.freshen() == ""
    made = dumps.current()
    now = timezone.now()
    monkeypatch.setattr(dumps.timezone, "now", lambda: now + timedelta(days=7))
    assert "weekly" in dumps.freshen()
    monkeypatch.undo()
    assert dumps.current().folder != made.folder
    manifest = dumps.current().folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"edition": "{filled.pk}.', '"edition": "0.'))
    assert "published" in dumps.freshen()
    assert [job.name for job in periodic.jobs()].count("open data") == 1


def test_files_that_cannot_be_read_are_written_again(client, filled):
    """Another version of the site wrote them otherwise, or a hand took something away."""
    made = dumps.write_dumps()
    (made.folder / "prints.json").unlink()
    assert "unknown" in dumps.freshen()
    manifest = dumps.current().folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"vintage"', '"former_name"'))
    assert dumps.current() is None and client.get("/donnees/").status_code == 200
    assert "first" in dumps.freshen() and dumps.current() is not None


def test_what_is_taken_back_leaves_them_within_the_hour(filled):
    """A need refused, an address that was a home, an offer withdrawn: each is gone from the files at the next hour."""
    dumps.write_dumps()
    said = saying.say_need("Un nom à taire", once=saying.fresh_once())
    need = reading.publish_need(said.need, actor="test")
    assert dumps.freshen() == ""  # what is new waits for the week
    dumps.write_dumps()
    assert "Un nom à taire" in (dumps.current().folder / "besoins.csv").read_text()
    reading.refuse_need(need, "un nom", actor="test")
    assert "withdrawn" in dumps.freshen()
    assert "Un nom à taire" not in (dumps.current().folder / "besoins.csv").read_text()
    bread = entry_named("PAIN")
    street = bread.address
    assert street in (dumps.current().folder / "structures.csv").read_text()
    state(bread.organization, {"address": ""}, origin=Statement.REFERENT, actor="test", publish=True)
    refresh_directory()
    assert "withdrawn" in dumps.freshen()
    for one in dumps.current().files:
        if one.name.startswith("structures") and not one.name.endswith("parquet"):
            text = (dumps.current().folder / one.name).read_text()
            row = next((line for line in text.splitlines() if bread.organization.public_id in line), "")
            assert street not in row, one.name
    Need.objects.filter(status=Need.PUBLISHED).update(text="corrigé")
    assert "withdrawn" in dumps.freshen() and dumps.freshen() == ""


def test_what_was_taken_back_does_not_stay_in_the_former_files(filled):
    """An acronym and another name too; whatever made the files again."""
    bike = entry_named("Pédalier")
    for name, before, after in (("acronym", "OUPS", ""), ("other_names", "Chez Mauve", "Chez nous")):
        Entry.objects.filter(pk=bike.pk).update(**{name: before})
        dumps.write_dumps()
        dumps.write_dumps()
        folders = [one for one in dumps.place().iterdir() if one.is_dir() and not one.is_symlink()]
        assert len(folders) == 2, "all is public: who has just found a name still reads it"
        Entry.objects.filter(pk=bike.pk).update(**{name: after})
        assert "withdrawn" in dumps.freshen()
        [folder] = [one for one in dumps.place().iterdir() if one.is_dir() and not one.is_symlink()]
        assert folder == dumps.current().folder and before not in (folder / "structures.csv").read_text()


def test_who_asks_between_two_dumps_reads_the_newer(client, filled, monkeypatch):
    dumps.write_dumps()
    former, real = dumps.current(), dumps.current
    Entry.objects.filter(organization=entry_named("Pédalier").organization).update(description="")
    now = dumps.write_dumps()
    assert not former.folder.exists()
    answers = iter([former])
    monkeypatch.setattr(dumps, "current", lambda: next(answers, None) or real())
    answer = client.get("/donnees/structures.csv", headers={"if-none-match": '"x"'})
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == (now.folder / "structures.csv").read_bytes()


def test_entries_are_read_by_chunks_in_the_order_of_their_identifiers(
    filled, monkeypatch, django_assert_max_num_queries
):
    whole = list(queries.all_structures(Frame(filled)))
    monkeypatch.setattr(queries, "CHUNK", 2)
    with django_assert_max_num_queries(9 * 4 + 2):
        assert list(queries.all_structures(Frame(filled))) == whole
    ids = [one["identifiant"] for one in whole]
    listed = Entry.objects.filter(active=True, in_perimeter=True)
    assert ids == sorted(ids) and len(ids) == listed.count() == 7
    assert all(list(STRUCTURES.flat(one)) == [c.name for c in STRUCTURES.columns] for one in whole)


def test_nothing_to_write_before_a_publication(filled):
    Publication.objects.update(current=False)
    assert dumps.freshen() == ""
    with pytest.raises(Refused, match="horizon publish"):
        dumps.write_dumps()
