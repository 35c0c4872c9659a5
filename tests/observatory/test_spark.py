"""The mart models on Spark: every row of every mart as DuckDB makes it, on made-up registers and on rows written to be hard.

sqlglot lets some functions through unchanged and changes the meaning of others without a word: only rows tell.
"""

import csv
import importlib.util
import re
import shutil
import unicodedata
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from horizon.observatory import contracts
from horizon.observatory.cli import app
from horizon.observatory.errors import BadInput
from horizon.observatory.pipeline import observe
from horizon.observatory.report import Report
from horizon.observatory.spark.engine import SparkEngine, megabytes, models, wording
from horizon.observatory.synthetic import generate_national
from tests.observatory.registers_kit import association, establishment, unit

needs_sqlglot = pytest.mark.skipif(
    importlib.util.find_spec("sqlglot") is None, reason="sqlglot is not installed: make spark"
)
needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
    reason="pyspark or Java is not installed: make spark, default-jre-headless",
)
# A run of a minute: what a Java machine does to be fast for hours costs more than it gives.
SHORT_RUN = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
# Words that a parenthesis may follow and that are no functions.
SYNTAX = {
    "AND", "ARRAY", "AS", "BY", "CASE", "CAST", "DECIMAL", "DIV", "ELSE", "EXCEPT", "FILTER", "FROM", "GROUP", "IN", "JOIN",
    "LATERAL", "NOT", "ON", "OR", "OVER", "SELECT", "THEN", "TRY_CAST", "UNION", "USING", "VALUES", "WHEN", "WHERE",
}  # fmt: skip

UNITS = [
    unit("911000001", "ECOLE DE LA FORET", identifiantAssociation="W911000001"),
    unit("911000002", "L’ÉPICERIE « SOLIDAIRE » D'À CÔTÉ", categorieJuridique="5458", caractereEmployeur="O"),
    unit("911000003", "[ND]", statutDiffusion="P", caractereEmployeur="O"),
    unit("911000004", "CLUB DE L'AN 7017", dateCreation="7017-05-01"),
    unit("911000005", "TI KAZ", activitePrincipale="94.91Z", categorieJuridique="9240", sigle="T|K", caractereEmployeur="O"),
    unit("911000006", "REPETEE", dateDebut="2020-01-01"),
    unit("911000006", "REPETEE, PUIS FERMEE", etatAdministratif="C", dateDebut="2024-01-01"),
    unit("911000007", "STRASSE", identifiantAssociation="W911000003"),
    unit("911000008", "DEUX FOIS LE MEME NUMERO", identifiantAssociation="W911000002", caractereEmployeur="O"),
    unit("911000009", "DEUX FOIS LE MÊME NUMÉRO", identifiantAssociation="W911000002"),
    unit("911000010", "MAIRIE", categorieJuridique="7210"),
    unit("911000011", "SANS CATEGORIE", categorieJuridique=""),
    unit("91100012", "SEPT CHIFFRES"),
    unit("911000013", "FIL", identifiantAssociation="W911000004", activitePrincipale="94.92Z"),
    unit("911000014", "SARL AGREEE", categorieJuridique="5499", denominationUsuelle1="AGRÉÉE  \t BIS", trancheEffectifs="11"),
    unit("911000015", "CAFÉ \\ 100 % « L\u0065\u0301ger » 🎻 'vélo'", categorieJuridique="9220", economieSocialeSolidaire="O"),
]  # fmt: skip
ESTABLISHMENTS = [
    establishment("911000001", etablissementSiege="false"),
    establishment("911000001", "00023", etatAdministratif="F"),
    establishment("911000002", codeCommune="86146", enseigne1="À LA BONNE HEURE"),
    establishment("911000003", libelleVoie="[ND]", coordonneeLambertAbscisse="[ND]", coordonneeLambertOrdonnee="[ND]"),
    establishment("911000004", dateCreation="7017-05-01"),
    establishment("911000005", codeCommune="97411", coordonneeLambertAbscisse="338000.5", coordonneeLambertOrdonnee="7690000"),
    establishment("911000006", codeCommune="99999"),
    establishment("911000006", codeCommune="86194"),
    establishment("911000007", coordonneeLambertAbscisse="496853d", coordonneeLambertOrdonnee="6612035f"),
    establishment("911000008", coordonneeLambertAbscisse=" 496_853.0 ", coordonneeLambertOrdonnee="6.612035e6"),
    establishment("911000009", codeCommune="75113", coordonneeLambertAbscisse="nan", coordonneeLambertOrdonnee="inf"),
    establishment("911000010", activitePrincipale="84.11Z", caractereEmployeur="O"),
    establishment("911000013", codePaysEtranger="99131", codeCommune=""),
    establishment("911000014", "ABCDE", codeCommune="97105", caractereEmployeur="O"),
    establishment("911000014", codeCommune="97105", caractereEmployeur="O", coordonneeLambertAbscisse="643000", coordonneeLambertOrdonnee="1770000"),
    establishment("911000015", coordonneeLambertAbscisse="0", coordonneeLambertOrdonnee="0"),
]  # fmt: skip
ASSOCIATIONS = [
    association("W911000001", titre="École de la Forêt", objet="l’éducation à l’environnement, la forêt", siteweb="HTTP://ecole.fr"),
    association("W911000002", titre="DEUX FOIS", objet="aide alimentaire d’urgence"),
    association("W911000003", titre="STRAßE", objet=""),
    association("W911000004", titre="Fil d'Ariane", objet_social1="007000", objet_social2="007000"),
    association("W911000005", titre="TROIS LIGNES", maj_time="2024-01-01 00:00:00"),
    association("W911000005", titre="TROIS LIGNES", maj_time="2025-01-01 00:00:00", objet="jardin partagé"),
    association("W911000005", titre="Trois lignes", maj_time="2025-01-01 00:00:00", objet="atelier vélo et jardin"),
    association("w911000006", titre="CULTE", objet_social1="040510", nature="R", adrs_codeinsee="", adrs_libcommune="MARIGNY BRIZAY"),
    association("X911000007"),
    association("W911000008", adrs_codeinsee="", adrs_codepostal="", adrs_libcommune="NULLE PART", date_creat="7017-05-01"),
    association("W911000009", position="D", date_disso="2019-02-29", date_decla="0001-01-01"),
    association("W911000010", titre="ÀÉÎÕÜÇŒ ÆØ ªº µ ÿŸ ŠŽ", objet="garde d’enfants, crèche, halte-garderie, accueil d’enfants"),
]  # fmt: skip
APPROVALS = [
    ("911000014", "ESUS", "2020-01-01", "2027-01-01"),
    *(("911000002", f"ESUS {day}", "", day) for day in (
        "2024/1/5", "2024", "24-01-05", "2024-1-5", "2024 01 05", "2024-01/05", "2024-02-30", "2024-01-05T10", " 2024-1-5 ", "demain")),
    ("900000001", "INCONNUE", "", ""),
    ("ABC", "ILLISIBLE", "", ""),
]  # fmt: skip


def _append(path: Path, lines: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8") -> None:
    with path.open(encoding=encoding, newline="") as stream:
        header = next(csv.reader(stream, delimiter=delimiter))
    with path.open("a", encoding=encoding, newline="") as stream:
        csv.DictWriter(
            stream, header, delimiter=delimiter, restval="", lineterminator="\n", extrasaction="ignore"
        ).writerows(lines)


@pytest.fixture(scope="module")
def registers(tmp_path_factory) -> Path:
    """A small made-up country, and the hard rows."""
    folder = tmp_path_factory.mktemp("spark") / "in"
    generate_national(folder, scale=0.0005, seed=3, format="csv")
    _append(folder / "StockUniteLegale_utf8.csv", UNITS)
    _append(folder / "StockEtablissement_utf8.csv", ESTABLISHMENTS)
    _append(next(folder.glob("rna_waldec*.csv")), ASSOCIATIONS, ";", "cp1252")
    with next(folder.glob("liste-ess-france*.csv")).open("a") as stream:
        stream.write("911000011\n911000014\n11000002\nILLISIBLE\n")
    with (folder / "approvals.csv").open("w") as stream:
        csv.writer(stream).writerows([("siren", "approval", "granted_on", "expires_on"), *APPROVALS])
    (folder / "declared.csv").write_text(
        "key\n911000004\nW911000010\nW911000001\nW999999999\nbientôt\n91100000200015\n"
    )
    (folder / "places.csv").write_text(
        "key\n911000004\n91100000600015\nW911000001\nW911000010\n12345678\nla salle\n"
    )
    return folder


class Listening(SparkEngine):
    """Also asks Spark which functions it knows."""

    @contextmanager
    def _session(self, folder):
        with super()._session(folder) as session:
            self.known = {row.function.upper() for row in session.sql("SHOW ALL FUNCTIONS").collect()}
            yield session


@pytest.fixture(scope="module")
def said() -> list[str]:
    """The queries of every model, said for Spark."""
    with duckdb.connect() as connection:
        words = wording(connection, date(2026, 11, 1))
    return [step.sql for _, sql in models() for step in words.steps(sql) if step.sql]


@needs_spark
def test_spark_makes_the_same_publication(registers, said):
    """One test for one run of Spark, wherever tests are spread: every row of every mart, the hard ones, the functions."""
    by_duckdb = observe(registers, registers.parent / "by-duckdb")
    engine = Listening("local[2]", settings=SHORT_RUN)
    by_spark = observe(registers, registers.parent / "by-spark", spark=engine)
    assert _differences(by_duckdb, by_spark) == {}
    _hard_rows_went_where_they_should(by_spark)
    # One run id, so the same bytes: a change of engine is no change of the data.
    assert by_spark.run_id == by_duckdb.run_id
    assert not (registers.parent / "by-spark" / ".work").exists()
    assert _called(said) - SYNTAX - engine.known == set()


def _differences(one: Report, other: Report) -> dict[str, list]:
    """Rows of a mart that only one of the two has; an empty mart would compare nothing."""
    found = {}
    with duckdb.connect() as connection:
        for mart in contracts.MARTS:
            ours, theirs = (f"read_parquet('{report.path}/{mart.name}.parquet')" for report in (one, other))
            assert connection.execute(f"SELECT count(*) FROM {ours}").fetchall()[0][0] > 0, mart.name
            rows = [
                connection.execute(f"SELECT * FROM {a} EXCEPT ALL SELECT * FROM {b} LIMIT 3").fetchall()
                for a, b in ((ours, theirs), (theirs, ours))
            ]
            if any(rows):
                found[mart.name] = rows
    return found


def _hard_rows_went_where_they_should(report: Report) -> None:
    """Without them, two engines could agree on easy rows only."""
    assert {key.partition(" · ")[2] for key in report.rejected} >= {
        "no_legal_category", "bad_siren", "duplicate_siren", "bad_date", "bad_siret", "duplicate_siret", "unknown_commune",
        "coordinates_outside_france", "bad_rna", "duplicate_rna", "ambiguous_match", "not_in_sirene", "expired", "not_in_registers",
        "bad_key", "no_address",
    }  # fmt: skip
    assert (
        report.rejected["rna · duplicate_rna"],
        report.rejected["approvals · expired"],
        report.rejected["approvals · bad_date"],
    ) == (2, 5, 5)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT siren, name, other_names, ess_exclusions, seat_siret, sources FROM read_parquet('{report.path}/organizations.parquet') "
            "WHERE siren IN ('911000001', '911000005', '911000007', '911000014') ORDER BY siren"
        ).fetchall()
    assert rows == [
        ("911000001", "École de la Forêt", [], [], "91100000100023", ["sirene", "rna", "declared"]),
        ("911000005", "TI KAZ", [], ["worship"], "91100000500015", ["sirene"]),
        ("911000007", "STRASSE", ["STRAßE"], [], "91100000700015", ["sirene", "rna"]),
        ("911000014", "SARL AGREEE", ["AGRÉÉE BIS"], [], "91100001400015", ["sirene", "ess_france_list", "approvals"]),
    ]  # fmt: skip


def _called(said: list[str]) -> set[str]:
    """Names that a parenthesis follows, but for texts and for tables with their columns."""
    called = set()
    for query in said:
        without_texts = re.sub(r"'(?:[^'\\]|\\.)*'", "''", query)
        without_tables = re.sub(r"\b\w+\([\w, ]+\) AS \(|AS \w+\([\w, ]+\)", "", without_texts)
        called |= {name.upper() for name in re.findall(r"\b([A-Za-z_]\w*)\s*\(", without_tables)}
    assert len(called) > 30
    return called


@needs_sqlglot
def test_no_function_of_the_table_is_there_for_nothing(said):
    """Each function that the table replaces is in some model, and in none once said."""
    from horizon.observatory.spark.wording import CHARACTERS, FUNCTIONS

    text = "\n".join(path.read_text() for path in Path(contracts.__file__).parent.glob("*/*.sql"))
    for name in (*FUNCTIONS, *CHARACTERS):
        assert f"{name}(" in text, name
        assert not any(re.search(rf"\b{name}\(", query, re.IGNORECASE) for query in said), name


@needs_sqlglot
def test_what_nobody_has_said_for_spark_stops_at_once():
    from horizon.observatory.spark.wording import Untranslatable, Wording

    with pytest.raises(Untranslatable, match="DELETE FROM stg_units"):
        Wording({}, {}).steps("DELETE FROM stg_units WHERE siren IS NULL")


@pytest.fixture(scope="module")
def made_by_duckdb():
    """(what DuckDB makes of a text, what its characters say one by one), for each function of CHARACTERS."""
    from horizon.observatory.spark.wording import CHARACTERS, characters

    with duckdb.connect() as connection:
        tables = {}
        for function in CHARACTERS:
            before, after = characters(connection, function)
            tables[function] = str.maketrans(before[: len(after)], after, before[len(after) :])
        query = f"SELECT {', '.join(f'{function}($text)' for function in CHARACTERS)}"

        def both_ways(text: str) -> list[tuple[str, str]]:
            whole = connection.execute(query, {"text": text}).fetchall()[0]
            return list(zip(whole, (text.translate(table) for table in tables.values()), strict=True))

        yield both_ways


@needs_sqlglot
@settings(max_examples=100, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\0"), max_size=40)
)
def test_one_character_after_the_other_gives_the_whole_text(made_by_duckdb, text):
    """But for letters that DuckDB composes when it drops accents (jamo), which no model keeps."""
    for whole, by_characters in made_by_duckdb(text):
        assert unicodedata.normalize("NFC", by_characters) == unicodedata.normalize("NFC", whole)


def test_what_is_missing_is_said_with_the_commands_that_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    result = CliRunner().invoke(
        app, ["observe", "--from", str(tmp_path), "--marts", str(tmp_path / "marts"), "--engine", "spark"]
    )
    assert result.exit_code == 7
    for words in ("Java 17", "sudo apt install default-jre-headless", "make spark"):
        assert words in result.output
    assert not (tmp_path / "marts").exists()


def test_a_master_goes_with_its_engine(tmp_path):
    result = CliRunner().invoke(app, ["observe", "--from", str(tmp_path), "--spark-master", "local[1]"])
    assert result.exit_code == 2


def test_memory_is_written_as_for_duckdb():
    assert [megabytes(text) for text in ("1GB", "2GiB", "600MB", "1.5 gb")] == [953, 2048, 572, 1430]
    for text in ("500MB", "beaucoup", "80%"):
        with pytest.raises(BadInput, match="600MB"):
            megabytes(text)
