"""The national registers: real headers and frequencies, the same bytes whatever the threads."""

import csv
import json
from pathlib import Path

import duckdb
import pytest

from horizon.observatory import shipped
from horizon.observatory.synthetic import generate_national, headers
from horizon.observatory.synthetic.identifiers import luhn_digit
from horizon.observatory.synthetic.registers import PERSONAL_MARKER

UNITS = "StockUniteLegale_utf8.parquet"
SITES = "StockEtablissement_utf8.parquet"
RNA = "rna_waldec_20261101.parquet"
LISTED = "liste-ess-france-2026.csv"
NAMES = (UNITS, SITES, RNA, LISTED, "SYNTHETIC.json")


@pytest.fixture(scope="module")
def national(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("national")
    generate_national(out, scale=0.001, seed=4, threads=2)
    return out


def ask(national: Path, query: str):
    """Rows of a query over the three files, named units, sites and rna."""
    connection = duckdb.connect()
    for table, name in (("units", UNITS), ("sites", SITES), ("rna", RNA)):
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{national / name}')")
    return connection.execute(query).fetchall()


def test_same_bytes_on_one_two_and_four_threads(national, tmp_path):
    """Tests that neither the threads nor a second run change a byte, and that the seed does."""
    for threads in (1, 4):
        generate_national(tmp_path / str(threads), scale=0.001, seed=4, threads=threads)
        for name in NAMES:
            assert (national / name).read_bytes() == (tmp_path / str(threads) / name).read_bytes(), name
    generate_national(tmp_path / "other", scale=0.001, seed=5)
    assert (national / UNITS).read_bytes() != (tmp_path / "other" / UNITS).read_bytes()


def test_headers_and_sizes(national):
    """Tests every column of the three registers, in order, and the sizes of the real ones times the scale."""
    for table, columns in (
        ("units", headers.STOCK_UNITE_LEGALE),
        ("sites", headers.STOCK_ETABLISSEMENT),
        ("rna", headers.RNA_WALDEC),
    ):
        assert [row[0] for row in ask(national, f"DESCRIBE {table}")] == list(columns)
    sizes = ask(
        national,
        "SELECT (SELECT count(*) FROM units), (SELECT count(*) FROM sites), (SELECT count(*) FROM rna)",
    )
    units, sites, rna = sizes[0]
    assert units == 29_000
    assert sites == pytest.approx(43_000, rel=0.03)
    assert rna == pytest.approx(1_900, rel=0.08)
    stamp = json.loads((national / "SYNTHETIC.json").read_text(encoding="utf-8"))
    assert (stamp["synthetic"], stamp["demo"], stamp["scale"]) == (True, False, 0.001)


def test_frequencies_within_bounds(national):
    """Tests natural persons near 60 %, unknown staff near 83 %, the flag near 1 %, closed units near a half."""
    persons, unknown, flagged, closed, partial = ask(
        national,
        """SELECT avg((categorieJuridiqueUniteLegale = 1000)::INT), avg((trancheEffectifsUniteLegale = 'NN')::INT),
        avg((economieSocialeSolidaireUniteLegale IS NOT DISTINCT FROM 'O')::INT),
        avg((etatAdministratifUniteLegale = 'C')::INT), avg((statutDiffusionUniteLegale = 'P')::INT) FROM units""",
    )[0]
    assert persons == pytest.approx(0.60, abs=0.015)
    assert unknown == pytest.approx(0.83, abs=0.02)
    assert flagged == pytest.approx(0.0125, abs=0.004)
    assert closed == pytest.approx(0.5, abs=0.02)
    assert partial == pytest.approx(0.075, abs=0.02)


def test_registers_agree(national):
    """Tests keys: sorted, unique, Luhn; each seat exists; RNA numbers and SIRET lead somewhere; dates in order."""
    sirens = [row[0] for row in ask(national, "SELECT siren FROM units")]
    sirets = [row[0] for row in ask(national, "SELECT siret FROM sites")]
    for keys in (sirens, sirets):
        assert keys == sorted(set(keys))
        assert all(luhn_digit(key[:-1]) == key[-1] for key in keys)
    assert any(siren.startswith("0") for siren in sirens)
    seats = ask(
        national,
        "SELECT count(*) FROM units u JOIN sites s ON s.siret = u.siren || u.nicSiegeUniteLegale AND s.etablissementSiege",
    )
    assert seats == [(len(sirens),)]
    assert ask(
        national,
        "SELECT count(*) FROM units WHERE identifiantAssociationUniteLegale NOT IN (SELECT id FROM rna)",
    ) == [(0,)]
    assert ask(national, "SELECT count(*) FROM rna WHERE siret NOT IN (SELECT siret FROM sites)") == [(0,)]
    assert ask(national, "SELECT count(*) FROM sites WHERE dateDebut < dateCreationEtablissement") == [(0,)]
    with (national / LISTED).open(encoding="utf-8", newline="") as stream:
        listed = {row["SIREN"].zfill(9) for row in csv.DictReader(stream)}
    assert listed <= set(sirens)
    assert 100 <= len(listed) <= 400


def test_places_are_real(national):
    """Tests codes, postal codes, the three departments without a RNA, and points in their projection."""
    postal = {
        row["code"]: set(shipped.split(row["postal_codes"]))
        for row in shipped.rows("communes")
        if row["postal_codes"]
    }
    for code, postal_code in ask(
        national, "SELECT DISTINCT codeCommuneEtablissement, codePostalEtablissement FROM sites"
    ):
        assert postal_code == "[ND]" or postal_code in postal[code]
    codes = {row[0] for row in ask(national, "SELECT DISTINCT codeCommuneEtablissement FROM sites")}
    assert not codes & {"75056", "69123", "13055"} and {"75115", "97411"} <= codes
    assert ask(national, "SELECT count(*) FROM rna WHERE adrs_codeinsee[:2] IN ('57', '67', '68')") == [(0,)]
    outside = ask(
        national,
        """SELECT count(*) FROM sites WHERE codeCommuneEtablissement < '97' AND coordonneeLambertAbscisseEtablissement <> '[ND]'
        AND NOT (coordonneeLambertAbscisseEtablissement::DOUBLE BETWEEN 90000 AND 1250000
            AND coordonneeLambertOrdonneeEtablissement::DOUBLE BETWEEN 6030000 AND 7120000)""",
    )
    assert outside == [(0,)]


def test_personal_columns_are_marked(national):
    """Tests that only marked or masked values stand in the personal columns."""
    loose = ask(
        national,
        f"""SELECT count(*) FROM units WHERE nomUniteLegale NOT LIKE '%{PERSONAL_MARKER}%' AND nomUniteLegale <> '[ND]'
        OR prenom1UniteLegale NOT LIKE '%{PERSONAL_MARKER}%' AND prenom1UniteLegale <> '[ND]'""",
    )
    assert loose == [(0,)]


def test_csv_files_carry_the_same_rows(national, tmp_path):
    """Tests the CSV form: same keys as the Parquet form, RNA with semicolons and text that ISO-8859-1 holds."""
    generate_national(tmp_path, scale=0.001, seed=4, threads=1, format="csv")
    with (tmp_path / "StockUniteLegale_utf8.csv").open(encoding="utf-8", newline="") as stream:
        sirens = [row["siren"] for row in csv.DictReader(stream)]
    assert sirens == [row[0] for row in ask(national, "SELECT siren FROM units")]
    raw = (tmp_path / "rna_waldec_20261101.csv").read_bytes()
    raw.decode("ascii")
    assert raw.splitlines()[0].decode().replace('"', "").split(";") == list(headers.RNA_WALDEC)


@pytest.mark.parametrize(("scale", "format"), [(0, "parquet"), (1.5, "parquet"), (0.001, "xlsx")])
def test_refuses_what_it_cannot_draw(tmp_path, scale, format):
    """Tests clear errors for a scale or a format out of range."""
    with pytest.raises(ValueError, match="scale|format"):
        generate_national(tmp_path, scale=scale, format=format)
    assert not list(tmp_path.iterdir())
