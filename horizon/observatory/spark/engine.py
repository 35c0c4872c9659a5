"""Runs the mart models on Spark, between two folders of Parquet: what DuckDB staged, and the marts.

Each table of the models is written before the next reads it, as in DuckDB: nothing is computed twice, and a run larger
than the memory goes through the disk. On a cluster, these folders must be seen by every machine.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from horizon.observatory.contracts import MARTS
from horizon.observatory.errors import BadInput, DiskFull, EngineFailed, EngineMissing
from horizon.observatory.lambert import projection_sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from horizon.observatory.spark.wording import Step, Wording

MODELS = Path(__file__).parent.parent
MEMORY = "1GB"
LEAST_MEMORY = 600
PARTITION = 32 * 1024 * 1024
UNITS = {"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
FULL_SIGNS = ("No space left", "OutOfMemoryError", "Disk quota", "File too large")
# What the projections (lambert.py) give the models, made as soon as int_places is there.
POINTS = (
    "22_points",  # sorts after 20_establishments, before 25_establishments
    "CREATE OR REPLACE TABLE int_points AS SELECT siret, department, lat, lon FROM int_places LEFT JOIN ("
    + projection_sql("(SELECT * FROM int_places WHERE x IS NOT NULL AND y IS NOT NULL)")
    + ") USING (siret)",
)


def check_installed() -> None:
    """Raises EngineMissing with the commands that install what is missing."""
    missing = [name for name in ("pyspark", "sqlglot") if importlib.util.find_spec(name) is None]
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and (Path(home) / "bin" / "java").exists())):
        missing.append("Java 17 ou plus")
    if missing:
        raise EngineMissing(
            f"Le moteur Spark demande {' et '.join(missing)}. Pour l’installer :\n"
            "  sudo apt install default-jre-headless\n"
            "  make spark\n"
            "Ou relancez sans « --engine spark » : les tables seront les mêmes."
        )


def megabytes(memory: str) -> int:
    """« 1GB », as DuckDB writes memory, in the mebibytes of the Java machine."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]i?B)\s*", memory, re.IGNORECASE)
    size = int(float(found[1]) * UNITS[found[2].upper()] / 2**20) if found else 0
    if size < LEAST_MEMORY * 1e6 / 2**20 - 1:
        raise BadInput(f"Spark demande au moins --memory {LEAST_MEMORY}MB ; reçu : « {memory} ».")
    return size


def models() -> list[tuple[str, str]]:
    """(name, SQL) of what Spark runs, in order."""
    files = [(path.stem, path.read_text(encoding="utf-8")) for path in (MODELS / "marts").glob("*.sql")]
    return sorted([*files, POINTS])


def wording(connection: duckdb.DuckDBPyConnection, vintage: date) -> Wording:
    """The translator, with the macros of the staging. Spark needs no slices: one holds everything."""
    from horizon.observatory.spark.wording import CHARACTERS, Wording, characters

    said = Wording(
        {"vintage": vintage, "slices": 1, "slice": 0},
        {function: characters(connection, function) for function in CHARACTERS},
    )
    said.steps((MODELS / "staging" / "00_macros.sql").read_text(encoding="utf-8"))
    return said


class SparkEngine:
    """Settings of a run on Spark; `build` makes the marts from the staging of a DuckDB."""

    def __init__(
        self,
        master: str | None = None,
        memory: str | None = None,
        threads: int | None = None,
        settings: Mapping[str, str] | None = None,
    ):
        """`settings`: further settings of Spark, over ours."""
        check_installed()
        self.settings = dict(settings or {})
        self.master = master or f"local[{threads or '*'}]"
        self.memory = megabytes(memory or MEMORY)

    def build(
        self,
        connection: duckdb.DuckDBPyConnection,
        work: Path,
        vintage: date,
        before: Callable[[str], object] = lambda name: None,
    ) -> dict[str, float]:
        """Replaces the staging tables of the DuckDB by the marts; returns the seconds of each model, by the clock.

        `before` is told the name of each model that begins.
        """
        folder = work.resolve() / "spark"
        folder.mkdir()
        said = wording(connection, vintage)
        plan = [(name, said.steps(sql)) for name, sql in models()]
        staged = _hand_over(connection, plan, folder / "staged")
        seconds = {}
        with self._session(folder) as session:
            tables = _Tables(session, folder / "tables", said.numbered)
            size = sum(path.stat().st_size for path in staged.values())
            partitions = max(session.sparkContext.defaultParallelism, size // PARTITION)
            session.conf.set("spark.sql.shuffle.partitions", str(partitions))
            for name, path in staged.items():
                session.read.parquet(path.as_uri()).createOrReplaceTempView(name)
            for name, steps in plan:
                began = time.monotonic()
                before(f"marts/{name}")
                for step in steps:
                    tables.do(step)
                seconds[f"marts/{name}"] = round(time.monotonic() - began, 3)
        for mart in MARTS:
            made = folder / "tables" / mart.name
            if made.exists():
                connection.execute(
                    f"CREATE OR REPLACE TABLE {mart.name} AS SELECT * FROM read_parquet('{made}/*/*.parquet')"  # noqa: S608
                )
        shutil.rmtree(folder)
        return seconds

    @contextmanager
    def _session(self, folder: Path) -> Iterator[SparkSession]:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        log = folder / "spark.log"
        settings: dict[str, bool | float | int | str | None] = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            "spark.driver.memory": f"{self.memory}m",
            "spark.executor.memory": f"{self.memory}m",
            "spark.local.dir": str(folder / "spill"),
            "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            # A table that is half written is thrown away with the run: files go to their place at once.
            "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
            "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        }
        if self.master.startswith("local"):
            settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        settings |= self.settings
        try:
            try:
                with _output_to(log):
                    builder = SparkSession.builder.master(self.master).appName("horizon observe")
                    session = builder.config(map=settings).getOrCreate()
                yield session
            finally:
                _end_java()
        except (PySparkException, Py4JError) as problem:
            written = log.read_text(encoding="utf-8", errors="replace")
            if any(sign in f"{problem}{written}" for sign in FULL_SIGNS):
                raise DiskFull(
                    "Plus de place (disque, ou mémoire : --memory) pour Spark. La publication précédente est intacte."
                ) from problem
            errors = [line for line in written.splitlines() if "rror" in line]
            why = " ".join([*str(problem).splitlines()[:2], *errors[-1:]])
            raise EngineFailed(
                f"Spark ({self.master}) s’est arrêté ou ne répond pas ; la publication précédente est intacte. "
                f"Ce qu’il dit : {why}"
            ) from problem


def _end_java() -> None:
    """Stops Spark and its Java machine, which else would keep its memory until Python ends, while DuckDB sorts and writes."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway = SparkContext._gateway
    if gateway is None:
        return
    # A Java machine that died has nothing left to stop.
    with suppress(Py4JError, OSError):
        session = SparkSession.getActiveSession()
        if session is not None:
            session.stop()
        gateway.shutdown()
    java: Any = gateway
    java.proc.stdin.close()
    try:
        java.proc.wait(timeout=30)
    except subprocess.TimeoutExpired:
        java.proc.kill()
    SparkContext._gateway = SparkContext._jvm = None


class _Tables:
    """The tables of a run on Spark: folders of Parquet, one for each statement that filled them."""

    def __init__(self, session: SparkSession, folder: Path, numbered: set[str]):
        self.session, self.folder, self.numbered = session, folder, numbered
        self.parts: dict[str, int] = {}

    def do(self, step: Step) -> None:
        if step.does == "drop":
            self.session.catalog.dropTempView(step.name)
            shutil.rmtree(self.folder / step.name, ignore_errors=True)
        elif step.does == "view":
            self.session.sql(step.sql).createOrReplaceTempView(step.name)
        elif step.does == "empty":
            self.parts[step.name] = 0
            self._write(step.name, self.session.sql(step.sql))
        elif step.does == "insert":
            self._write(step.name, self._as_declared(step))
        else:
            self.parts[step.name] = 0
            self._write(step.name, self._filled(step))

    def _filled(self, step: Step) -> DataFrame:
        from pyspark.sql.functions import monotonically_increasing_id

        frame = self.session.sql(step.sql)
        return (
            frame.withColumn("rowid", monotonically_increasing_id()) if step.name in self.numbered else frame
        )

    def _as_declared(self, step: Step) -> DataFrame:
        """Columns by name or by place, in the types of the table that they enter."""
        frame, declared = self.session.sql(step.sql), self.session.table(step.name).schema
        if not step.by_name:
            frame = frame.toDF(*declared.names)
        return frame.select([frame[column.name].cast(column.dataType) for column in declared])

    def _write(self, name: str, frame: DataFrame) -> None:
        if not self.parts[name]:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        frame.write.parquet((self.folder / name / str(self.parts[name])).as_uri())
        self.parts[name] += 1
        paths = [(self.folder / name / str(part)).as_uri() for part in range(self.parts[name])]
        self.session.read.schema(frame.schema).parquet(*paths).createOrReplaceTempView(name)


def _hand_over(
    connection: duckdb.DuckDBPyConnection, plan: list[tuple[str, list[Step]]], folder: Path
) -> dict[str, Path]:
    """Writes the tables of DuckDB that the models read, and drops those that nothing else needs. Of a register, only
    the columns that a model names."""
    import sqlglot
    from sqlglot import exp

    folder.mkdir()
    queries = [
        sqlglot.parse_one(step.sql, read="spark")
        for _, steps in plan
        for step in steps
        if step.does in {"table", "view", "insert"}
    ]
    read = {table.name for query in queries for table in query.find_all(exp.Table)}
    named = {column.name.lower() for query in queries for column in query.find_all(exp.Column)}
    tables = dict(
        connection.execute("SELECT table_name, table_type FROM information_schema.tables").fetchall()
    )
    staged = {}
    for name in sorted(read & set(tables)):
        columns = "*"
        if name.startswith("raw_"):
            held = [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
            columns = ", ".join(f'"{column}"' for column in held if column.lower() in named)
        staged[name] = folder / f"{name}.parquet"
        connection.execute(f"COPY (SELECT {columns} FROM {name}) TO '{staged[name]}' (FORMAT parquet)")  # noqa: S608
        if name.startswith(("stg_", "int_")):
            connection.execute(f"DROP TABLE {name}")
    return staged


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """What starts here writes on a file: the Java machine keeps for life the outputs that it was born with."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        with log.open("ab") as stream:
            for number, _ in kept:
                os.dup2(stream.fileno(), number)
        yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
