"""CSV for everybody, Parquet for analysts, from the same rows and the same written columns."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from horizon.engine.spreadsheets import harmless
from horizon.opendata.records import Frame
from horizon.opendata.tables import Table

TYPES = {
    "texte": "VARCHAR",
    "entier": "BIGINT",
    "nombre": "DOUBLE",
    "booleen": "BOOLEAN",
    "date": "DATE",
    "liste": "VARCHAR[]",
}


class Csv:
    """UTF-8, commas, one header (RFC 4180). A cell that a spreadsheet would run gets an apostrophe (CWE-1236)."""

    def __init__(self, path: Path, table: Table):
        self.path, self.table, self.rows = path, table, 0
        self._out = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._out, lineterminator="\r\n")
        self._writer.writerow([column.name for column in table.columns])

    def add(self, record: dict) -> None:
        """Writes a record."""
        flat = self.table.flat(record)
        self._writer.writerow([_cell(flat[column.name]) for column in self.table.columns])
        self.rows += 1

    def close(self) -> None:
        """Ends the file."""
        self._out.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _cell("|".join(str(item) for item in value))
    if isinstance(value, str):
        return harmless(value)
    return str(value)


class Lines:
    """One JSON object per line, exact: what Parquet is made from."""

    def __init__(self, path: Path, table: Table):
        self.path, self.table, self.rows = path, table, 0
        self._out = path.open("w", encoding="utf-8", newline="\n")

    def add(self, record: dict) -> None:
        """Writes a record."""
        self._out.write(json.dumps(self.table.flat(record), ensure_ascii=False) + "\n")
        self.rows += 1

    def close(self) -> None:
        """Ends the file."""
        self._out.close()


def parquet(lines: Path, path: Path, table: Table, frame: Frame) -> None:
    """Parquet from the lines, in their order; the licence and whether all is fictitious are in its metadata."""
    import duckdb

    columns = ", ".join(f"'{column.name}': '{TYPES[column.kind]}'" for column in table.columns)
    said = ", ".join(f"{name}: {_quoted(value)}" for name, value in frame.head.items())
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_json({_quoted(lines)}, format = 'newline_delimited', columns = {{{columns}}})) "  # noqa: S608
            f"TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{said}}})"
        )


def _quoted(value: object) -> str:
    text = value if isinstance(value, str) else str(value) if isinstance(value, Path) else json.dumps(value)
    return "'" + text.replace("'", "''") + "'"
