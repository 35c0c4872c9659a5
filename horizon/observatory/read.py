"""Reading a publication of the observatory: the only way in for the rooms above."""

from __future__ import annotations

import json
from pathlib import Path

from horizon.observatory.contracts import MARTS, VIEWS
from horizon.observatory.errors import BadInput
from horizon.observatory.registers import not_read


class MartsMissing(BadInput):
    """There is no publication to read yet."""


class Marts:
    """The current publication as DuckDB views: one per mart, and those of `contracts.VIEWS`. Use as a context manager.

    The folder is resolved once: a publication that arrives meanwhile does not change what is being read. `names` are the
    marts it has: one made by an older version may lack the latest, and a column that it lacks is unknown.
    """

    def __init__(self, folder: Path | str, threads: int | None = None):
        import duckdb

        current = Path(folder) / "current"
        if not (current / "manifest.json").exists():
            raise MartsMissing(
                f"Aucune table dans « {folder} ». Lancez d’abord : horizon observe --from DOSSIER --marts {folder}"
            )
        self.path = current.resolve()
        self.manifest: dict = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        self.connection = duckdb.connect(config={"threads": threads} if threads else {})
        self.names: set[str] = set()
        for mart in MARTS:
            path = self.path / f"{mart.name}.parquet"
            if not path.exists():
                continue
            self.names.add(mart.name)
            file = str(path).replace("'", "''")
            held = {
                row[0] for row in self.connection.execute(f"DESCRIBE FROM read_parquet('{file}')").fetchall()
            }
            unknown = [
                f"CAST(NULL AS {kind}) AS {name}" for name, kind, _ in mart.columns if name not in held
            ]
            columns = ", ".join(["*", *unknown])
            self.connection.execute(
                f"CREATE VIEW {mart.name} AS SELECT {columns} FROM read_parquet('{file}')"  # noqa: S608
            )

        if "organizations" in self.names:
            for name, _, query in VIEWS:
                self.connection.execute(f"CREATE VIEW {name} AS {query}")

    @property
    def missing(self) -> dict[str, str]:
        """Registers that this publication was made without (`rna`, `ess_france_list`): what it then cannot say, in French."""
        return not_read(self.manifest.get("read", {}))

    def query(self, sql: str, parameters: dict | None = None) -> list[dict]:
        """The rows of a query over the marts, as dictionaries."""
        cursor = self.connection.execute(sql, parameters or {})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()

    def __enter__(self) -> Marts:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
