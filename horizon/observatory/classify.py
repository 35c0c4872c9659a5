"""Doors and poles of a few structures, by the very models that the pipeline runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from horizon.observatory import shipped

HERE = Path(__file__).parent
COLUMNS = ("org_id", "name", "object", "naf_rev2", "rna_object1", "rna_object2")


def load_door_rules(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates `rule_doors` and `rule_poles` with the rules valid at the variable `vintage`."""
    for table, column in (("rule_doors", "door"), ("rule_poles", "pole")):
        connection.execute(
            f"""
            CREATE OR REPLACE TABLE {table} AS
            SELECT kind, value, {column}, CAST(points AS BIGINT) AS points
            FROM read_csv('{shipped.RULES}/{table.removeprefix("rule_")}.csv', all_varchar = true, header = true, quote = '"')
            WHERE getvariable('vintage') >= CAST(valid_from AS DATE)
                AND (valid_to IS NULL OR getvariable('vintage') <= CAST(valid_to AS DATE))
            """  # noqa: S608
        )


def classify(rows: Iterable[Mapping[str, str | None]], vintage: str = "2026-11-01") -> tuple[dict, dict]:
    """({org_id: [(door, confidence, reason)…]}, the same for poles), best first, for plain rows with COLUMNS."""
    with duckdb.connect() as connection:
        connection.execute("SET VARIABLE vintage = CAST($day AS DATE)", {"day": vintage})
        connection.execute((HERE / "staging" / "00_macros.sql").read_text(encoding="utf-8"))
        load_door_rules(connection)
        shipped.insert(
            connection, "given", COLUMNS, [tuple(row.get(name) or None for name in COLUMNS) for row in rows]
        )
        connection.execute(
            "CREATE TABLE organizations AS SELECT *, CAST([] AS VARCHAR[]) AS other_names, true AS in_perimeter FROM given"
        )
        connection.execute("SET VARIABLE slices = 1; SET VARIABLE slice = 0")
        for model in ("60_doors", "61_doors.sliced"):
            connection.execute((HERE / "marts" / f"{model}.sql").read_text(encoding="utf-8"))
        return _read(connection, "doors", "door"), _read(connection, "poles", "pole")


def _read(
    connection: duckdb.DuckDBPyConnection, table: str, column: str
) -> dict[str, list[tuple[str, float, str]]]:
    found: dict[str, list[tuple[str, float, str]]] = {}
    query = f"SELECT org_id, {column}, confidence, reason FROM {table} ORDER BY org_id, rank"  # noqa: S608
    for org_id, code, confidence, reason in connection.execute(query).fetchall():
        found.setdefault(org_id, []).append((code, float(confidence), reason))
    return found
