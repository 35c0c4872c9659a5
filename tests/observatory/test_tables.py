"""Any table that an operator has gives reasons, through staging and contracts; what cannot be tied is in the rejects."""

import json
import subprocess
import sys

import duckdb
import openpyxl
import pytest

from horizon.observatory.errors import BadInput
from horizon.observatory.pipeline import observe
from tests.observatory.registers_kit import association, establishment, unit, write_registers

MAPPING = """
source = "Préfecture, liste ESUS 2026"
licence = "lo"
url = "https://exemple.fr/esus"
kind = "approval"
table = "liste de la préfecture.xlsx"
[columns]
siren = "N° SIREN"
granted_on = "Date d'agrément"
expires_on = "Fin de validité"
[constants]
approval = "ESUS"
"""
ROWS = [
    ["Entreprises agréées au 1er novembre", None, None, None],
    ["Nom", "N° SIREN", "Date d'agrément", "Fin de validité"],
    ["Le Tilleul", 5520135, "01/02/2024", "31/12/2028"],
    ["Expirée", "443061841", "", "31/12/2025"],
    ["Inconnue", "552100554", "", "31/12/2028"],
    ["Sans numéro", None, "", ""],
    ["Date folle", "732829320", "", "un jour"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Registers, and beside them a workbook with its mapping."""
    folder = tmp_path_factory.mktemp("tables")
    units = [unit("005520135", "LE TILLEUL", categorieJuridique="5710"), unit("443061841", "EXPIREE", categorieJuridique="5710"),
             unit("732829320", "FOLLE", categorieJuridique="5710")]  # fmt: skip
    write_registers(folder, units, associations=[association("W861000009", titre="Les Tricoteuses")])
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(folder / "liste de la préfecture.xlsx")
    (folder / "esus.mapping.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "ville.csv").write_bytes(
        "Association;RNA\nTricoteuses;w861000009\nAilleurs;W759999999\nRien;\n".encode("cp1252")
    )
    (folder / "ville.toml").write_text(
        'source = "Ville"\nlicence = "odbl"\nkind = "declared"\n[columns]\nrna = "RNA"\n', encoding="utf-8"
    )
    return folder


def read(marts, sql):
    current = marts / "current"
    with duckdb.connect() as connection:
        return connection.execute(sql.format(m=current)).fetchall()


def test_a_workbook_beside_the_registers_and_a_csv_on_the_command_line(folder, tmp_path):
    report = observe(folder, tmp_path / "marts", tables=[(folder / "ville.csv", folder / "ville.toml")])
    assert (report.read["approvals"], report.read["declared"]) == (3, 2)
    reasons = dict(read(tmp_path / "marts", "SELECT name, ess_reasons FROM '{m}/organizations.parquet'"))
    assert "approval" in reasons["LE TILLEUL"] and "declared" in reasons["Les Tricoteuses"]
    assert "EXPIREE" not in reasons and "FOLLE" not in reasons
    rejects = read(
        tmp_path / "marts",
        "SELECT source, row, reason FROM '{m}/rejects.parquet' WHERE source IN ('approvals', 'declared') ORDER BY ALL",
    )
    place = "liste de la préfecture.xlsx, ligne"
    assert rejects == [
        ("approvals", "443061841", "expired"),
        ("approvals", "552100554", "not_in_sirene"),
        ("approvals", f"{place} 6", "no_identifier"),
        ("approvals", f"{place} 7", "bad_date"),
        ("declared", "W759999999", "not_in_registers"),
        ("declared", "ville.csv, ligne 4", "no_identifier"),
    ]
    sources = read(
        tmp_path / "marts",
        "SELECT title, file, rows, licence, url FROM '{m}/sources.parquet' WHERE source IN ('approvals', 'declared') ORDER BY ALL",
    )
    assert sources == [
        (
            "Préfecture, liste ESUS 2026",
            "liste de la préfecture.xlsx",
            3,
            "Licence Ouverte 2.0",
            "https://exemple.fr/esus",
        ),
        ("Ville", "ville.csv", 2, "ODbL 1.0 (partage à l’identique)", ""),
    ]
    again = observe(folder, tmp_path / "marts", tables=[(folder / "ville.csv", folder / "ville.toml")])
    assert again.unchanged


def test_a_table_of_public_places_shows_their_addresses(tmp_path):
    """By SIRET one place of two, by RNA number the structure's; a number that is wrong is told, a stranger stays hidden."""
    sirens = ("005520135", "443061841", "732829320")
    folder = write_registers(
        tmp_path / "in",
        [unit(sirens[0], "DEUX LIEUX"), unit(sirens[1], "PAR RNA", identifiantAssociation="W861000009"), unit(sirens[2], "CHEZ ELLE")],
        [*(establishment(siren) for siren in sirens), establishment(sirens[0], "00020", etablissementSiege="false")],
        associations=[association("W861000009", titre="Par RNA")],
    )  # fmt: skip
    (folder / "lieux.csv").write_text(
        "Lieu;SIRET;RNA\nLa salle;00552013500020;\nLe local;;W861000009\nPartout;12345678900000;\n"
    )
    (folder / "lieux.mapping.toml").write_text(
        'source = "Ville"\nlicence = "lo"\nkind = "place"\ntable = "lieux.csv"\n[columns]\nsiret = "SIRET"\nrna = "RNA"\n',
        encoding="utf-8",
    )
    report = observe(folder, tmp_path / "marts")
    assert report.read["places"] == 2 and report.rejected["places · no_identifier"] == 1
    shown = read(
        tmp_path / "marts",
        "SELECT siret FROM '{m}/establishments.parquet' WHERE public_address ORDER BY siret",
    )
    assert shown == [("00552013500020",), ("44306184100015",)]


def test_a_declaration_by_rna_number_reaches_the_unit_that_has_it(tmp_path):
    """The number that SIRENE carries, and the one that only the RNA ties, by its SIRET."""
    folder = write_registers(
        tmp_path / "in",
        [unit("005520135", "PAR SIRENE", identifiantAssociation="W861000001"), unit("443061841", "PAR LE RNA"), unit("732829320", "AUTRE")],
        associations=[association("W861000001"), association("W861000002", siret="44306184100015")],
    )  # fmt: skip
    (folder / "declared.csv").write_text("key\nW861000001\nw861000002\n")
    report = observe(folder, tmp_path / "marts")
    assert "declared · not_in_registers" not in report.rejected
    assert read(
        tmp_path / "marts",
        "SELECT siren, list_contains(ess_reasons, 'declared') AND list_contains(sources, 'declared') FROM '{m}/organizations.parquet' ORDER BY siren",
    ) == [("005520135", True), ("443061841", True), ("732829320", False)]


def test_a_place_by_the_number_that_only_the_rna_ties_is_shown_and_a_stranger_is_told(tmp_path):
    folder = write_registers(
        tmp_path / "in",
        [unit("443061841", "PAR LE RNA"), unit("732829320", "CHEZ ELLE")],
        associations=[association("W861000002", siret="44306184100015"), association("W861000003")],
    )
    (folder / "places.csv").write_text("key\nW861000002\nW861000003\nW759999999\n552100554\n73282932000099\n")
    observe(folder, tmp_path / "marts")
    shown = "SELECT siret FROM '{m}/establishments.parquet' WHERE public_address"
    assert read(tmp_path / "marts", shown) == [("44306184100015",)]
    assert read(tmp_path / "marts", "SELECT row, reason FROM '{m}/rejects.parquet' ORDER BY ALL") == [
        ("552100554", "not_in_registers"),
        ("73282932000099", "not_in_registers"),
        ("W759999999", "not_in_registers"),
        ("W861000003", "no_address"),
    ]


def test_keys_of_plain_lists_get_their_zeros_back_and_bad_ones_are_told(tmp_path):
    """A spreadsheet ate the zeros of a SIREN and of two SIRET; each key that is none is told as it was typed."""
    folder = write_registers(
        tmp_path / "in",
        [unit("005520135", "LA FOURMI"), unit("044306184", "LE TILLEUL"), unit("732829320", "CHEZ ELLE")],
    )
    (folder / "declared.csv").write_text("key;note\n5520135;\n4430618400015;\nbientôt;\n7328293201;\n;rien\n")
    (folder / "places.csv").write_text("key\n552013500015\n44306184\nla salle\n12345678901234567\n")
    observe(folder, tmp_path / "marts")
    declared = "SELECT siren FROM '{m}/organizations.parquet' WHERE list_contains(ess_reasons, 'declared') ORDER BY siren"
    assert read(tmp_path / "marts", declared) == [("005520135",), ("044306184",)]
    shown = "SELECT siret FROM '{m}/establishments.parquet' WHERE public_address ORDER BY siret"
    assert read(tmp_path / "marts", shown) == [("00552013500015",), ("04430618400015",)]
    assert read(tmp_path / "marts", "SELECT source, row, reason FROM '{m}/rejects.parquet' ORDER BY ALL") == [
        ("declared", "", "bad_key"),
        ("declared", "7328293201", "bad_key"),
        ("declared", "bientôt", "bad_key"),
        ("places", "12345678901234567", "bad_key"),
        ("places", "la salle", "bad_key"),
    ]


def test_the_command(folder, tmp_path):
    run = [
        sys.executable,
        "-m",
        "horizon.config.cli",
        "observe",
        "--from",
        str(folder),
        "--marts",
        str(tmp_path),
        "--json",
    ]
    done = subprocess.run(
        [*run, "--table", str(folder / "ville.csv"), "--mapping", str(folder / "ville.toml")],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0 and json.loads(done.stdout)["read"]["declared"] == 2, done.stderr
    alone = subprocess.run(
        [*run, "--table", str(folder / "ville.csv")], capture_output=True, text=True, check=False
    )
    assert alone.returncode == 2 and "mapping" in alone.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('kind = "approval"\n', ""), "dites la raison"),
        (('approval = "ESUS"', ""), "quel agrément"),
        (('siren = "N° SIREN"', 'name = "Nom"'), "siren, siret ou rna"),
        (('"N° SIREN"', '"SIREN"'), "que ce tableau n’a pas"),
        (('licence = "lo"', 'licence = "wtf"'), "dites la licence"),
        (("liste de la préfecture.xlsx", "absente.xlsx"), "n’est pas là"),
        (("[columns]", "[colonnes]"), "ne se lit pas"),
    ],
)
def test_a_mapping_that_does_not_fit_says_what_to_do(folder, tmp_path, change, words):
    from horizon.observatory.tables import declarations, open_tables

    mapping = folder / "essai.toml"
    mapping.write_text(MAPPING.replace(*change), encoding="utf-8")
    named = folder / ("absente.xlsx" if "absente" in change[1] else "liste de la préfecture.xlsx")
    with pytest.raises(BadInput, match=words):
        open_tables(declarations(tmp_path, [(named, mapping)]), tmp_path)
