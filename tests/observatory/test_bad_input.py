"""Registers that are not what they claim: each is refused with a sentence that says what to do, and nothing is published."""

import csv
import zipfile
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from horizon.observatory.errors import BadInput, ObservatoryError
from horizon.observatory.pipeline import observe
from horizon.observatory.read import Marts
from tests.observatory.registers_kit import association, establishment, unit, write_registers

UNITS = "StockUniteLegale_utf8.csv"
PLACES = "StockEtablissement_utf8.csv"
RNA = "rna_waldec_20261101_dpt_86.csv"


@pytest.fixture
def registers(tmp_path) -> Path:
    return write_registers(
        tmp_path / "in",
        [unit("218601946", "LES AMIS DU TILLEUL"), unit("005520135", "LA FOURMI", categorieJuridique="5460")],
        associations=[association("W861000001")],
        listed=["5520135"],
    )


def edit(path: Path, old: str, new: str, count: int = -1, encoding: str = "utf-8") -> None:
    path.write_bytes(path.read_bytes().replace(old.encode(encoding), new.encode(encoding), count))


def refused(registers: Path, tmp_path: Path) -> str:
    """The message of the refusal; checks that the publication that was there is still the one read."""
    marts = tmp_path / "marts"
    good = write_registers(tmp_path / "good", [unit("218601946", "LES AMIS DU TILLEUL")])
    before = observe(good, marts).run_id
    with pytest.raises(ObservatoryError) as problem:
        observe(registers, marts)
    assert isinstance(problem.value, BadInput), repr(problem.value)
    with Marts(marts) as read:
        assert read.manifest["run_id"] == before
    assert not (marts / ".work").exists()
    return str(problem.value)


def rejects(report) -> dict[str, int]:
    return report.rejected


def test_missing_column(registers, tmp_path):
    edit(registers / UNITS, "economieSocialeSolidaireUniteLegale", "autreChose", 1)
    message = refused(registers, tmp_path)
    assert "colonnes manquantes" in message and "economieSocialeSolidaireUniteLegale" in message
    assert UNITS in message


def test_renamed_column_is_recognised_in_the_message(registers, tmp_path):
    edit(registers / PLACES, "codeCommuneEtablissement", "Code_Commune_Etablissement", 1)
    message = refused(registers, tmp_path)
    assert "codeCommuneEtablissement (renommée « Code_Commune_Etablissement » ?)" in message


def test_extra_column_changes_nothing(registers, tmp_path):
    expected = observe(registers, tmp_path / "expected").kept
    lines = (registers / UNITS).read_text(encoding="utf-8").splitlines()
    wider = [f"nouvelleColonne2027,{lines[0]}"] + [f"x,{line}" for line in lines[1:]]
    (registers / UNITS).write_text("\n".join(wider) + "\n", encoding="utf-8")
    assert observe(registers, tmp_path / "marts").kept == expected


def test_a_personal_column_is_never_read(registers, tmp_path):
    edit(registers / PLACES, "CHEZ MME SECRETE", "CHEZ MME SECRETE")
    observe(registers, tmp_path / "marts")
    for path in (tmp_path / "marts" / "current").glob("*.parquet"):
        with duckdb.connect() as connection:
            rows = connection.execute("SELECT * FROM read_parquet($p)", {"p": str(path)}).fetchall()
        assert "SECRETE" not in repr(rows), path.name


def test_wrong_separator(registers, tmp_path):
    with (registers / UNITS).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    with (registers / UNITS).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    message = refused(registers, tmp_path)
    assert "le séparateur est « ; », on attend « , »" in message


def test_truncated_zip(registers, tmp_path):
    with zipfile.ZipFile(registers / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(registers / UNITS, UNITS)
    whole = (registers / "whole.zip").read_bytes()
    (registers / "whole.zip").unlink()
    (registers / UNITS).unlink()
    (registers / "StockUniteLegale_utf8.zip").write_bytes(whole[: len(whole) // 2])
    assert "archive abîmée ou tronquée" in refused(registers, tmp_path)


def test_zip_damaged_inside(registers, tmp_path):
    with zipfile.ZipFile(registers / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(registers / UNITS, UNITS)
    whole = bytearray((registers / "whole.zip").read_bytes())
    (registers / "whole.zip").unlink()
    (registers / UNITS).unlink()
    for place in range(80, 160):
        whole[place] ^= 0xFF
    (registers / "StockUniteLegale_utf8.zip").write_bytes(whole)
    assert "archive abîmée ou tronquée" in refused(registers, tmp_path)


def test_truncated_gzip(registers, tmp_path):
    import gzip

    whole = gzip.compress((registers / UNITS).read_bytes())
    (registers / UNITS).unlink()
    (registers / f"{UNITS}.gz").write_bytes(whole[: len(whole) // 2])
    assert "archive abîmée ou tronquée" in refused(registers, tmp_path)


def as_parquet(path: Path) -> Path:
    target = path.with_suffix(".parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{path}', all_varchar = true)) TO '{target}' (FORMAT parquet)"
        )
    path.unlink()
    return target


def test_truncated_parquet(registers, tmp_path):
    path = as_parquet(registers / UNITS)
    path.write_bytes(path.read_bytes()[:-40])
    assert "parquet lisible, sans doute tronqué" in refused(registers, tmp_path)


def test_parquet_damaged_inside(registers, tmp_path):
    """The footer is whole, a page is not: found while reading, and still a refusal."""
    path = as_parquet(registers / UNITS)
    whole = bytearray(path.read_bytes())
    for place in range(4, 400):
        whole[place] ^= 0xFF
    path.write_bytes(whole)
    assert "Téléchargez-le de nouveau" in refused(registers, tmp_path)


def test_empty_file(registers, tmp_path):
    (registers / RNA).write_bytes(b"")
    assert "vide (0 octet)" in refused(registers, tmp_path)


def test_header_alone_of_a_stock_is_refused(registers, tmp_path):
    text = (registers / UNITS).read_text(encoding="utf-8")
    (registers / UNITS).write_text(text.splitlines()[0] + "\n", encoding="utf-8")
    assert "aucune ligne" in refused(registers, tmp_path)


def test_web_page_instead_of_csv(registers, tmp_path):
    (registers / PLACES).write_text("\n <!DOCTYPE html><html><body>503 Service Unavailable</body></html>")
    message = refused(registers, tmp_path)
    assert "page web" in message and PLACES in message


def test_web_page_named_parquet(registers, tmp_path):
    (registers / PLACES).unlink()
    (registers / "StockEtablissement_utf8.parquet").write_text("<html><body>404</body></html>")
    assert "page web" in refused(registers, tmp_path)


def test_missing_register_and_missing_folder(registers, tmp_path):
    (registers / PLACES).unlink()
    assert "SIRENE, établissements" in refused(registers, tmp_path)
    with pytest.raises(BadInput, match="n’existe pas"):
        observe(tmp_path / "nowhere", tmp_path / "marts")


def test_duplicate_siret_is_kept_once_and_said(tmp_path):
    units = [unit("218601946", "LES AMIS DU TILLEUL")]
    twice = [establishment("218601946"), establishment("218601946", etatAdministratif="F")]
    report = observe(write_registers(tmp_path / "in", units, twice), tmp_path / "marts")
    assert report.rejected["sirene_establishments · duplicate_siret"] == 1
    with Marts(tmp_path / "marts") as marts:
        assert marts.query("SELECT siret, active FROM establishments") == [
            {"siret": "21860194600015", "active": True}
        ]


def test_year_7017_is_no_date_and_said(tmp_path):
    folder = write_registers(
        tmp_path / "in",
        [unit("218601946", "LES AMIS DU TILLEUL", dateCreation="7017-03-02")],
        associations=[association("W861000001", date_decla="7017-01-01")],
    )
    report = observe(folder, tmp_path / "marts")
    assert report.rejected["sirene_units · bad_date"] == 1
    assert report.rejected["rna · bad_date"] == 1
    with Marts(tmp_path / "marts") as marts:
        dates = marts.query("SELECT created_on, declared_on FROM organizations ORDER BY org_id")
        assert dates[1]["created_on"] is None and dates[0]["declared_on"] is None
        assert marts.query(
            "SELECT count(*) AS n FROM organizations WHERE updated_on > DATE '2026-12-31'"
        ) == [{"n": 0}]


def test_coordinates_outside_france_are_no_point_and_said(tmp_path):
    places = [
        establishment(
            "218601946",
            caractereEmployeur="O",
            coordonneeLambertAbscisse=x,
            coordonneeLambertOrdonnee=y,
            nic=nic,
            siret=f"218601946{nic}",
        )
        for nic, x, y in (
            ("00015", "496853.0", "6612035.0"),
            ("00023", "9999999.0", "6612035.0"),
            ("00031", "0.0", "0.0"),
            ("00049", "abc", "6612035.0"),
            ("00056", "[ND]", "[ND]"),
        )
    ]
    report = observe(
        write_registers(tmp_path / "in", [unit("218601946", "LE TILLEUL")], places), tmp_path / "marts"
    )
    assert report.rejected["sirene_establishments · coordinates_outside_france"] == 3
    with Marts(tmp_path / "marts") as marts:
        points = marts.query("SELECT siret, lat FROM establishments ORDER BY siret")
        assert [row["lat"] is not None for row in points] == [True, False, False, False, False]


def test_rejects_never_hold_coordinates_or_streets(tmp_path):
    """A reject is public too: what it says of a home must stay at the commune."""
    places = [
        establishment("218601946", coordonneeLambertAbscisse="12345678.0", codeCommune="99999"),
        establishment("218601946", "00023", coordonneeLambertAbscisse="12345678.0"),
    ]
    observe(write_registers(tmp_path / "in", [unit("218601946", "LE TILLEUL")], places), tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        said = repr(marts.query("SELECT * FROM rejects"))
    assert "coordinates_outside_france" in said and "unknown_commune" in said
    assert "12345678" not in said and "6612035" not in said and "TILLEULS" not in said


def test_unknown_commune_is_said_and_lands_nowhere(tmp_path):
    folder = write_registers(
        tmp_path / "in",
        [unit("218601946", "LES AMIS DU TILLEUL")],
        [establishment("218601946", codeCommune="86999")],
        [association("W861000001", adrs_codeinsee="", adrs_codepostal="86000", adrs_libcommune="NULLE PART")],
    )
    report = observe(folder, tmp_path / "marts")
    assert report.rejected["sirene_establishments · unknown_commune"] == 1
    assert report.rejected["rna · unknown_commune"] == 1
    with Marts(tmp_path / "marts") as marts:
        assert marts.query("SELECT count(*) AS n FROM organizations WHERE seat_commune IS NOT NULL") == [
            {"n": 0}
        ]


def test_corrupt_bytes_survive(registers, tmp_path):
    edit(registers / UNITS, "LES AMIS DU TILLEUL", "LES AMIS DÉ TILLEUL")
    path = registers / UNITS
    path.write_bytes(path.read_bytes().replace(b"LA FOURMI", b"LA FOURM\xff\xfe\x00I"))
    report = observe(registers, tmp_path / "marts")
    assert report.damaged_bytes[UNITS] >= 1
    with Marts(tmp_path / "marts") as marts:
        names = {row["name"] for row in marts.query("SELECT name FROM organizations WHERE siren IS NOT NULL")}
    assert "LES AMIS DÉ TILLEUL" in names and any(name.startswith("LA FOURM") for name in names)


def test_a_line_with_an_open_quote_does_not_swallow_the_file(tmp_path):
    units = [unit(f"{218601946 + k}", f"ASSOCIATION {k}") for k in range(50)]
    folder = write_registers(tmp_path / "in", units)
    edit(folder / UNITS, "ASSOCIATION 7,", 'ASSOCIATION "7,')
    report = observe(folder, tmp_path / "marts")
    assert report.kept["organizations"] >= 49


def test_bad_siren_is_said(tmp_path):
    units = [unit("218601946", "LES AMIS DU TILLEUL"), unit("21860194X", "LE FAUX")]
    report = observe(
        write_registers(tmp_path / "in", units, [establishment("218601946")]), tmp_path / "marts"
    )
    assert report.rejected["sirene_units · bad_siren"] == 1
    assert report.kept["organizations"] == 1


def test_a_listed_siren_on_two_lines_is_told_whatever_their_categories(tmp_path):
    """One line in scope and closed, the other a company and open: the open one is kept, the repetition is told."""
    units = [
        unit("218601946", "LES AMIS DU TILLEUL", etatAdministratif="C"),
        unit("218601946", "TILLEUL SAS", categorieJuridique="5710"),
    ]
    folder = write_registers(tmp_path / "in", units, [establishment("218601946")], listed=["218601946"])
    report = observe(folder, tmp_path / "marts")
    assert report.rejected["sirene_units · duplicate_siren"] == 1
    with Marts(tmp_path / "marts") as marts:
        kept = marts.query("SELECT name, active FROM organizations")
    assert kept == [{"name": "TILLEUL SAS", "active": True}]


def test_a_unit_without_legal_category_may_be_a_person_and_stays_out(tmp_path):
    units = [
        unit("218601946", "LES AMIS DU TILLEUL"),
        unit("732829320", "QUI SAIT", categorieJuridique="", economieSocialeSolidaire="O"),
        unit("005520135", "MADAME UNTEL", categorieJuridique="1000", economieSocialeSolidaire="O"),
    ]
    report = observe(write_registers(tmp_path / "in", units), tmp_path / "marts")
    assert report.kept["organizations"] == 1 and report.kept["establishments"] == 1
    assert report.rejected["sirene_units · no_legal_category"] == 1


def test_siren_read_as_integers_get_their_zeros_back(registers, tmp_path):
    """In parquet typed as integers, and in the list, 005520135 is 5520135."""
    expected = observe(registers, tmp_path / "expected")
    for name, casts in (
        (UNITS, "CAST(siren AS BIGINT) AS siren"),
        (PLACES, "CAST(siren AS BIGINT) AS siren, CAST(siret AS BIGINT) AS siret"),
    ):
        path = registers / name
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT * REPLACE ({casts}) FROM read_csv('{path}', all_varchar = true)) "
                f"TO '{path.with_suffix('.parquet')}' (FORMAT parquet)"
            )
        path.unlink()
    report = observe(registers, tmp_path / "marts")
    assert report.kept == expected.kept
    with Marts(tmp_path / "marts") as marts:
        row = marts.query("SELECT siren, ess_reasons, seat_siret FROM organizations WHERE name = 'LA FOURMI'")
    assert row == [
        {
            "siren": "005520135",
            "ess_reasons": ["ess_france_list", "legal_category"],
            "seat_siret": "00552013500015",
        }
    ]


def test_lists_of_the_operator_may_use_any_separator(registers, tmp_path):
    """ESS France list with semicolons; approvals with tabulations and one SIREN without its zeros."""
    (registers / "liste-ess-france-2026.csv").write_text("NOM;SIREN\nLA FOURMI;5520135\n")
    (registers / "approvals-esus.csv").write_text(
        "siren\tapproval\tissuer\n218601946\tESUS\tDREETS, Poitiers\n"
    )
    observe(registers, tmp_path / "marts")
    with Marts(tmp_path / "marts") as marts:
        reasons = {row["siren"]: row["ess_reasons"] for row in marts.query("SELECT * FROM organizations")}
    assert reasons["005520135"] == ["ess_france_list", "legal_category"]
    assert reasons["218601946"] == ["legal_category", "approval"]


def test_a_marker_that_cannot_be_read_is_said(registers, tmp_path):
    (registers / "SYNTHETIC.json").write_text('{"synthetic": tru')
    assert "SYNTHETIC.json est illisible" in refused(registers, tmp_path)


def test_the_vintage_comes_from_the_name_of_the_rna_file_when_it_is_a_day(registers, tmp_path):
    (registers / "SYNTHETIC.json").unlink()
    assert observe(registers, tmp_path / "marts").vintage == "2026-11-01"
    (registers / RNA).rename(registers / "rna_waldec_99999999.csv")
    assert observe(registers, tmp_path / "marts").vintage == "2026-01-10"


def test_of_two_vintages_the_newest_is_read_and_the_other_told(registers, tmp_path):
    """Last year's list, last month's associations of the same department; another department stays."""
    (registers / "SYNTHETIC.json").unlink()
    kept = registers / RNA
    other = kept.read_bytes().replace(b"W86", b"W79")
    (registers / "rna_waldec_20261001_dpt_79.csv").write_bytes(other)
    (registers / "rna_waldec_20251101_dpt_86.csv").write_bytes(kept.read_bytes())
    for year in (2027, 2025, 2026):
        (registers / f"liste-ess-france-{year}.csv").write_text(f"SIREN\n11111{year}\n")
    report = observe(registers, tmp_path / "marts")
    assert report.left_aside == {
        "rna_waldec_20251101_dpt_86.csv": RNA,
        "liste-ess-france-2025.csv": "liste-ess-france-2027.csv",
        "liste-ess-france-2026.csv": "liste-ess-france-2027.csv",
    }
    assert report.vintage == "2026-11-01"
    with Marts(tmp_path / "marts") as marts:
        rows = marts.query("SELECT row FROM rejects WHERE source = 'ess_france_list'")
        assert [row["row"] for row in rows] == ["111112027"]
    console = Console(record=True, width=200)
    report.print(console)
    assert "Laissé de côté : liste-ess-france-2025.csv" in console.export_text()


def test_files_that_nothing_reads_are_told(registers, tmp_path):
    """A list under another name, a workbook without a mapping; not the cards of downloads, nor the notes."""
    for name in ("agrements-esus.csv", "ESS_France_2026.csv", "approvals.xlsx", "liste-ess-france-2025.csv"):
        (registers / name).write_text("SIREN\n5520135\n")
    for name in ("README.md", f"{UNITS}.json", f"{PLACES}.part", ".cache"):
        (registers / name).write_text("{}")
    (registers / "ville.csv").write_text("Nom;SIREN\nLA FOURMI;5520135\n")
    (registers / "ville.mapping.toml").write_text(
        'source = "Ville"\nlicence = "lo"\nkind = "declared"\ntable = "ville.csv"\n[columns]\nsiren = "SIREN"\n'
    )
    report = observe(registers, tmp_path / "marts")
    assert report.unread == {
        "ESS_France_2026.csv": "nom inattendu",
        "agrements-esus.csv": "nom inattendu",
        "approvals.xlsx": "format non lu",
    }
    console = Console(record=True, width=200)
    report.print(console)
    said = console.export_text()
    assert "Pas lu : agrements-esus.csv (nom inattendu)" in said and "liste-ess-france*, approvals*" in said


def test_registers_that_do_not_fit_in_memory_give_the_same_bytes(registers, tmp_path, monkeypatch):
    """Tables in a file, and structures in several slices, as for the whole country."""
    from horizon.observatory import pipeline

    small = observe(registers, tmp_path / "marts").run_id
    monkeypatch.setattr(pipeline, "IN_MEMORY", 0)
    monkeypatch.setattr(pipeline, "SLICE", 1)
    assert observe(registers, tmp_path / "other").run_id == small
