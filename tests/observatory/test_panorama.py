"""The panorama on a territory that fits in the head."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from horizon.observatory.errors import BadInput
from horizon.observatory.panorama import formats, panorama
from horizon.observatory.panorama.counts import Counts
from horizon.observatory.panorama.registry import CHAPTERS, INDICATORS, reference
from horizon.observatory.panorama.territory import find, peers
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import establishment, unit


@pytest.fixture(scope="module")
def marts(small_marts):
    with Marts(small_marts) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(marts):
    return panorama(marts, "200069854")


def rows(found, code):
    indicator = next(item for item in found["indicators"] if item["code"] == code)
    return {row[0]: row[1:] for row in indicator["rows"]}


def test_who_is_counted(found):
    """Seven open structures of the perimeter: the closed one and the parish are out."""
    assert rows(found, "numbers")["Structures ouvertes"] == [7]
    assert rows(found, "numbers")["dont employeuses"] == [2]
    assert rows(found, "families") == {"Associations": [6, 85.7], "Coopératives": [1, 14.3]}


def test_the_two_denominators_are_named_and_apart(found):
    """Two employing establishments of two private ones; five establishments of open structures, of the seven open ones."""
    shares = rows(found, "shares")
    assert [shares[key] for key in shares] == [[2, 2, 100.0], [5, 7, 71.4]]
    assert all("sur" in key for key in shares)


def test_years_count_creations_and_closures(found):
    assert rows(found, "creations")["2024"] == [1]
    assert rows(found, "closures")["2023"] == [1]


def test_where_nobody_is(found):
    count, names = rows(found, "nobody")["Se déplacer"]
    assert count == 39 and "Lusignan" not in names and "Sanxay" in names


def test_jobs_of_unknown_bands_are_unknown_not_zero(found):
    assert rows(found, "jobs")["Emplois salariés"] == ["inconnus"]


def test_every_indicator_says_what_it_is(found):
    assert len(found["indicators"]) >= 10
    for indicator in found["indicators"]:
        for name in ("title", "definition", "method", "source", "vintage", "unit"):
            assert indicator[name], (indicator["code"], name)
        assert all(len(row) == len(indicator["columns"]) for row in indicator["rows"])


def test_each_indicator_has_the_vintage_of_its_own_sources(found):
    """The list is of a year, populations of another; what was computed says which day is whose."""
    sources = {item["code"]: item["sources"] for item in found["indicators"]}
    day = "2026-11-01"
    sirene, rna = ["Sirene (Insee)", day, day], ["RNA (ministère de l’Intérieur)", day, day]
    listed = ["Liste ESS France", "2026", "2026"]
    people = ["Populations municipales (Insee)", "2023", "2023"]
    assert sources["shares"] == [sirene] and sources["creations"] == [sirene, rna]
    assert sources["state_families"] == [listed, sirene, rna] and sources["peers"] == [people]
    assert sources["communes"] == [sirene, rna, people]
    page = formats.page(found)
    assert "Populations municipales (Insee), 2023" in page and "Liste ESS France, 2026" in page
    assert "habitants (Insee, 2023)" in page
    lines = list(csv.DictReader(io.StringIO(formats.to_csv(found)), delimiter=";"))
    assert {line["millesime"] for line in lines if line["indicateur"] == "peers"} == {"2023 (fictif)"}
    assert all(line["a_savoir"].startswith("Données fictives") for line in lines)


def test_a_register_that_was_not_read_is_said_and_nothing_is_told_of_it(run):
    """Neither the ESS France list nor the RNA: the State's rule is not told, and both are named."""
    found = panorama(run([unit("100000001", "THEATRE")]), "200069854")
    codes = {item["code"] for item in found["indicators"]}
    assert "state_families" not in codes and "ages_families" in codes
    assert "dont retenues par la règle de l’État" not in rows(found, "numbers")
    assert any("liste ESS France n’a pas été lue" in note for note in found["notes"])
    assert any("RNA n’a pas été lu" in note for note in found["notes"])
    assert "RNA (ministère de l’Intérieur), non lu ici" in formats.page(found)


def test_a_territory_barely_covered_is_not_compared(found):
    """The registers speak of three communes: neither the department nor France may be compared."""
    assert "comparison" not in {indicator["code"] for indicator in found["indicators"]}


@pytest.mark.parametrize(
    ("code", "level", "name"),
    [("86139", "commune", "Lusignan"), ("86146", "commune", "Jaunay-Marigny"), ("dep:86", "department", "Vienne"),
     ("2A", "department", "Corse-du-Sud"), ("reg:75", "region", "Nouvelle-Aquitaine"), ("fr", "FR", "France")],
)  # fmt: skip
def test_every_level_has_its_code(marts, code, level, name):
    territory = find(marts, code)
    assert (territory.level, territory.name) == (level, name)
    assert territory.population > 0
    assert panorama(marts, code)["indicators"]


@pytest.mark.parametrize(
    ("code", "words"),
    [("200035459", "n’existe plus"), ("123456789", "Aucune"), ("99999", "Attendu"), ("dep:00", "Aucun")],
)
def test_unknown_codes_say_what_is_expected(marts, code, words):
    with pytest.raises(BadInput, match=words):
        panorama(marts, code)


def test_moselle_says_that_rna_is_missing(marts):
    assert any("Moselle" in note for note in panorama(marts, "57463")["notes"])


def test_five_peers_of_grand_poitiers(marts):
    found = peers(marts, "200069854")
    assert len(found) == 5 and "200069854" not in [code for code, _ in found]


def test_formats_say_the_same(found):
    lines = list(csv.DictReader(io.StringIO(formats.to_csv(found)), delimiter=";"))
    assert {line["indicateur"] for line in lines} == {indicator["code"] for indicator in found["indicators"]}
    assert all(line["source"] and line["millesime"] and line["definition"] for line in lines)
    page = formats.page(found)
    assert "Données fictives" in page and page.count("<h3") >= len(found["indicators"])
    assert json.loads(json.dumps(found)) == found
    assert not re.search(r"\sstyle=", formats.fragment(found))


def test_a_name_cannot_become_markup(found):
    evil = {
        **found,
        "indicators": [
            {
                **next(i for i in found["indicators"] if i["code"] == "families"),
                "rows": [["<script>x</script>", 1, 2.0]],
            }
        ],
    }
    assert "<script>" not in formats.fragment(evil)


def test_the_command_writes_each_format(small_marts, tmp_path):
    import subprocess
    import sys

    for kind in ("html", "csv", "json"):
        out = tmp_path / f"p.{kind}"
        command = ["panorama", "200069854", "--format", kind, "--marts", str(small_marts), "--out", str(out)]
        subprocess.run(
            [sys.executable, "-m", "horizon.config.cli", *command], check=True, capture_output=True
        )
        assert out.stat().st_size > 1000


def test_the_registry_is_written_and_each_code_once():
    assert len(INDICATORS) == 30 and len({item.code for item in INDICATORS}) == len(INDICATORS)
    for item in INDICATORS:
        assert item.chapter in CHAPTERS and item.title and item.definition and item.source and item.unit
    shares = [item for item in INDICATORS if "%" in " ".join(item.columns) and "mployeur" in item.title]
    assert all("Dénominateur" in item.method for item in shares)


def test_what_registers_tell_of_families_doors_and_places(run):
    """Two associations (1990, 2010) and a listed co-operative (2020) in Poitiers, the co-operative in Lusignan too; an old club."""
    marts = run(
        [
            unit("100000001", "ATELIER VELO", dateCreation="1990-05-01", dateDebut="2024-01-01", activitePrincipale="95.29Z",
                 caractereEmployeur="O"),
            unit("100000002", "THEATRE", dateCreation="2010-05-01", dateDebut="2010-05-01", activitePrincipale="90.01Z"),
            unit("100000003", "SCOP LE PAIN", dateCreation="2020-05-01", dateDebut="2020-05-01", categorieJuridique="5458",
                 caractereEmployeur="O"),
            unit("100000004", "CLUB", dateCreation="1980-05-01", dateDebut="1980-05-01"),
        ],
        [
            *(establishment(f"10000000{rank}") for rank in (1, 2, 3)),
            establishment("100000003", "00023", etablissementSiege="false", codeCommune="86139"),
            establishment("100000003", "00031", etablissementSiege="false", codeCommune="86070", etatAdministratif="F"),
            establishment("100000004", codeCommune="86139"),
        ],
        listed=["100000003"],
    )  # fmt: skip
    found = panorama(marts, "200069854")
    assert rows(found, "state_families") == {"Associations": [0, 3, 0.0], "Coopératives": [1, 1, 100.0]}
    assert rows(found, "ages_families") == {"Associations": [36, 3], "Coopératives": [6, 1]}
    assert rows(found, "several_communes") == {
        "Dans une seule commune": [3, 75.0], "Dans plusieurs communes": [1, 25.0],
    }  # fmt: skip
    assert rows(found, "news_communes") == {"Lusignan": [1, 1, 100.0], "Poitiers": [1, 3, 33.3]}
    doors = rows(found, "employers_doors")
    assert doors["Se divertir"] == [0, 1, 0.0] and [1, 1, 100.0] in doors.values()
    for larger in ("dep:86", "FR"):
        whole = panorama(marts, larger)
        for code in ("state_families", "ages_families", "several_communes", "employers_doors"):
            assert rows(whole, code) == rows(found, code), (larger, code)


SIRENS = ("100000001", "100000002", "100000003", "100000004", "100000005")


@pytest.fixture
def five(run):
    """Five employing associations and one company of Poitiers; the first association has two places, the last one is Q."""
    units = [
        unit(siren, f"ASSOCIATION {siren[-1]}", caractereEmployeur="O", trancheEffectifs="01")
        for siren in SIRENS
    ]
    units.append(unit("200000009", "BOULANGERIE", categorieJuridique="5499", caractereEmployeur="O"))
    places = [
        establishment(siren, caractereEmployeur="O", trancheEffectifs="02", activitePrincipale="88.99B" if siren[-1] == "5" else "94.99Z")
        for siren in SIRENS
    ]  # fmt: skip
    places.append(
        establishment(
            SIRENS[0], "00023", etablissementSiege="false", caractereEmployeur="O", trancheEffectifs="03"
        )
    )
    places.append(
        establishment("200000009", caractereEmployeur="O", trancheEffectifs="03", activitePrincipale="10.71C")
    )
    return run(units, places)  # fmt: skip


def test_jobs_stand_where_establishments_stand(five):
    """Five places of 3 to 5 and one of 6 to 9; the bakery is not of the ESS."""
    found = panorama(five, "86194")
    assert rows(found, "jobs") == {
        "Emplois salariés, au moins": [21],
        "Emplois salariés, au plus": [34],
        "Établissements employeurs d’effectif inconnu, non comptés": [0],
    }
    assert rows(found, "jobs_families") == {"Associations": [21, 34]}


def test_one_structure_of_a_section_hides_it_and_another(five):
    assert set(map(tuple, rows(panorama(five, "86194"), "jobs_sections").values())) == {
        ("secret statistique", "secret statistique")
    }


def test_counts_of_open_rows_are_not_hidden(five):
    """One establishment alone in its section is counted; six of the seven private employers of Poitiers are of the ESS."""
    found = panorama(five, "86194")
    assert rows(found, "sections")["Santé humaine et action sociale"] == [1, 100.0]
    assert list(rows(found, "shares").values()) == [[6, 7, 85.7], [6, 7, 85.7]]


def test_comparison_when_the_registers_cover_the_places(five, monkeypatch):
    """With every territory said to be covered, the commune stands first, then the larger ones, its intercommunality first."""
    monkeypatch.setattr("horizon.observatory.panorama.compute.WHOLE", 0.0)
    found = panorama(five, "86194")
    indicator = next(item for item in found["indicators"] if item["code"] == "comparison")
    assert [row[0] for row in indicator["rows"]] == [
        "Poitiers",
        "CU du Grand Poitiers",
        "Vienne",
        "Nouvelle-Aquitaine",
        "France",
    ]
    assert [row[1:4] for row in indicator["rows"]] == [[85.7, 6, 7]] * 5
    doors = next(item for item in found["indicators"] if item["code"] == "comparison_doors")
    assert doors["columns"] == [
        "Porte",
        "Ici",
        "CU du Grand Poitiers",
        "Vienne",
        "Nouvelle-Aquitaine",
        "France",
    ]


def test_a_territory_read_in_part_says_so(found, marts):
    assert any("qu’une partie" in note for note in panorama(marts, "dep:86")["notes"])
    assert panorama(marts, "dep:86")["headline"] == ""


def test_pdf_without_weasyprint_says_what_to_install(small_marts, monkeypatch):
    import sys

    from typer.testing import CliRunner

    from horizon.config.cli import app

    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = CliRunner().invoke(app, ["panorama", "86194", "--format", "pdf", "--marts", str(small_marts)])
    assert answer.exit_code == 3 and "weasyprint" in answer.output + (answer.stderr or "")


def test_the_reference_page_says_what_the_registry_says():
    page = Path(__file__).parents[2] / "docs" / "reference" / "panorama.md"
    assert page.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("code", ["FR", "dep:86", "200069854", "86194"])
def test_what_is_counted_at_publication_is_what_reading_would_count(small_marts, tmp_path, code):
    """A publication made before the marts of the panorama were says the same."""
    older = tmp_path / "current"
    shutil.copytree((small_marts / "current").resolve(), older)
    for name in ("employers", "structure_profiles", "structure_years"):
        (older / f"{name}.parquet").unlink()
    with Marts(small_marts) as now, Marts(tmp_path) as before:
        assert "employers" in now.names and "employers" not in before.names
        assert panorama(now, code) == panorama(before, code)


def test_a_department_is_split_by_commune_once_it_is_read(marts, monkeypatch):
    """Vienne has 265 communes: where somebody is, and where nobody is behind a door; nothing while registers tell of three."""
    codes = {item["code"] for item in panorama(marts, "dep:86")["indicators"]}
    assert "sizes" in codes and not codes & {"communes", "nobody", "employing_communes", "news_communes"}
    assert any("Rien n’y est dit commune par commune" in note for note in panorama(marts, "dep:86")["notes"])
    monkeypatch.setattr("horizon.observatory.panorama.compute.WHOLE", 0.0)
    found = panorama(marts, "dep:86")
    assert Counts(marts, find(marts, "dep:86")).by_commune
    assert len(rows(found, "communes")) == 265 and rows(found, "communes")["Lusignan"][0] == 1
    count, names = rows(found, "nobody")["Se déplacer"]
    assert count == 264 and "Lusignan" not in names.split(", ")
    drawn = formats.fragment(found)
    assert "et 224 autres : voir le tableau" in drawn and not Counts(marts, find(marts, "reg:75")).by_commune


def test_large_numbers_in_words_stay_on_one_line(found):
    assert not any("10 000" in str(item) for item in found["indicators"])


def test_a_panorama_that_cannot_be_written_says_so(small_marts, tmp_path):
    from typer.testing import CliRunner

    from horizon.config.cli import app

    out = tmp_path / "absent" / "p.html"
    answer = CliRunner().invoke(app, ["panorama", "86194", "--marts", str(small_marts), "--out", str(out)])
    assert answer.exit_code not in (0, 1) and "--out" in answer.output + (answer.stderr or "")
