"""The facts shipped with the project: communes, EPCI, dated perimeters, code lists. Read once, plain values."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from horizon.engine.communes import CommuneResolver
from horizon.engine.folding import fold
from horizon.observatory.errors import BadInput

if TYPE_CHECKING:
    import duckdb

DATA = Path(__file__).with_name("data")
RULES = Path(__file__).with_name("rules")


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a shipped table (`communes`, `epcis`, `perimeters`, `naf_rev2`…), all values as text."""
    path = DATA / f"{name}.csv.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            yield from _lines(stream)
        return
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        yield from _lines(stream)


def _lines(stream: IO[str]) -> Iterator[dict[str, str]]:
    lines = csv.reader(stream)
    header = next(lines)
    for line in lines:
        yield dict(zip(header, line, strict=True))


@lru_cache(maxsize=8)
def labels(name: str) -> dict[str, str]:
    """Label by code of a code list: `naf_rev2`, `naf_2025`, `naf_sections`, `legal_categories_2`, `legal_categories_3`."""
    return {row["code"]: row["label"] for row in rows(name)}


@lru_cache(maxsize=1)
def resolver() -> CommuneResolver:
    """The resolver of communes over the shipped table (resolve_commune)."""
    return CommuneResolver(
        (
            row["code"],
            row["name"],
            row["kind"],
            row["parent_code"],
            split(row["postal_codes"]),
            split(row["former_codes"]),
        )
        for row in rows("communes")
    )


def split(text: str) -> list[str]:
    """The values of a `|`-separated cell."""
    return text.split("|") if text else []


def load(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the tables `communes`, `epcis`, `perimeters`, `former_codes` in a DuckDB.

    `former_codes(code, current)` leads from any code ever known (current, delegated, associated, arrondissement) to
    the current commune.
    """
    connection.execute(
        """
        CREATE OR REPLACE TABLE communes AS
        SELECT code, name, kind, parent_code, department, region, epci_code, TRY_CAST(population AS INTEGER) AS population,
            population_vintage, TRY_CAST(lat AS DECIMAL(9, 6)) AS lat, TRY_CAST(lon AS DECIMAL(9, 6)) AS lon,
            coalesce(string_split(postal_codes, '|'), []) AS postal_codes,
            coalesce(string_split(former_codes, '|'), []) AS former_codes
        FROM read_csv($path, header = true, all_varchar = true, quote = '"')
        ORDER BY code, kind
        """,
        {"path": str(DATA / "communes.csv.gz")},
    )
    connection.execute(
        """
        CREATE OR REPLACE TABLE epcis AS
        SELECT code, name, kind, status, coalesce(string_split(replaced_by, '|'), []) AS replaced_by,
            CAST(members AS INTEGER) AS members, CAST(population AS INTEGER) AS population,
            CAST(population_total AS INTEGER) AS population_total, CAST(last_seen AS DATE) AS last_seen
        FROM read_csv($path, header = true, all_varchar = true)
        ORDER BY code
        """,
        {"path": str(DATA / "epcis.csv.gz")},
    )
    connection.execute(
        """
        CREATE OR REPLACE TABLE perimeters AS
        SELECT epci_code, commune_code, CAST(valid_from AS DATE) AS valid_from, CAST(valid_to AS DATE) AS valid_to, source
        FROM read_csv($path, header = true, all_varchar = true)
        ORDER BY epci_code, commune_code, valid_from
        """,
        {"path": str(DATA / "perimeters.csv.gz")},
    )
    insert(connection, "former_codes", ("code", "current"), sorted(resolver().codes.items()))


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], values: list[tuple]
) -> None:
    """Creates a table of text from plain rows."""
    lists = {f"c{number}": [row[number] for row in values] for number in range(len(columns))}
    selected = ", ".join(
        f"unnest(CAST($c{number} AS VARCHAR[])) AS {name}" for number, name in enumerate(columns)
    )
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {selected}", lists)


def resolve_epci(answer: str) -> str:
    """The SIREN of the current intercommunalité that a name or a code means.

    Raises BadInput, with what replaced it or with the names that come near, when there is none or more than one.
    """
    current = {row["code"]: row["name"] for row in rows("epcis") if row["status"] == "current"}
    answer = answer.strip()
    if answer in current:
        return answer
    if answer.isdigit():
        raise BadInput(
            successor_sentence(answer) or f"Aucune intercommunalité ne porte le code {answer} aujourd’hui."
        )
    words = fold(answer).split()
    if not words:
        raise BadInput("Un nom, par exemple « Grand Poitiers », ou les neuf chiffres de son SIREN.")
    found = {code: name for code, name in current.items() if set(words) <= set(fold(name).split())}
    found = found or {code: name for code, name in current.items() if " ".join(words) in fold(name)}
    exact = [code for code, name in found.items() if words in (fold(name).split(), fold(name).split()[1:])]
    if len(found) == 1 or len(exact) == 1:
        return (exact or list(found))[0]
    if not found:
        raise BadInput(f"Aucune intercommunalité ne s’appelle « {answer} ». Son SIREN se lit sur banatic.")
    lines = "".join(f"\n  {code}  {name}" for code, name in sorted(found.items())[:12])
    raise BadInput(f"Plusieurs intercommunalités conviennent, donnez le code :{lines}")


def successor_sentence(code: str) -> str | None:
    """For a code that is no current EPCI, a sentence in French saying so and what replaced it; None when current."""
    epcis = {row["code"]: row for row in rows("epcis")}
    epci = epcis.get(code)
    if epci is None:
        close = sorted(
            f"{row['name']} ({row['code']})"
            for row in epcis.values()
            if row["status"] == "current" and fold(code) and fold(code) in fold(row["name"])
        )[:5]
        hint = f" Voulez-vous dire : {', '.join(close)} ?" if close else ""
        return (
            f"Aucune intercommunalité ne porte le code « {code} » (attendu : un SIREN de 9 chiffres).{hint}"
        )
    if epci["status"] == "current":
        return None
    heirs = ", ".join(f"{epcis[heir]['name']} ({heir})" for heir in split(epci["replaced_by"]))
    return f"{epci['name']} ({code}) n’existe plus. Ses communes sont aujourd’hui dans : {heirs or 'aucune intercommunalité'}."
