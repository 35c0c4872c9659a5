"""`observe`: registers → staging → marts → an atomic publication.

SQL models live in `staging/*.sql` and `marts/*.sql` and run in the order of their file names; staging reads sources,
marts read staging. A run works in its own folder; the last act swaps one symbolic link, so a reader, or a kill at any
moment, sees the previous publication or the new one, whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from horizon.observatory import contracts, shipped
from horizon.observatory.classify import load_door_rules
from horizon.observatory.errors import AlreadyRunning, BadInput, DiskFull, is_out_of_room
from horizon.observatory.lambert import projection_sql
from horizon.observatory.opening import (
    SourceFile,
    count_rows,
    create_view,
    discover,
    file_day,
    unread_files,
    whole_day,
    written_day,
)
from horizon.observatory.registers import ESTABLISHMENTS, REGISTERS, RNA, UNITS, not_read
from horizon.observatory.report import Report
from horizon.observatory.stops import stop_point
from horizon.observatory.tables import declarations, load_rejects, open_tables

if TYPE_CHECKING:
    from horizon.observatory.spark.engine import SparkEngine

HERE = Path(__file__).parent
KEPT_PUBLICATIONS = 3
MEMORY = "700MB"
# Tables that stay in memory while marts are sorted and written: under 700 MB they would be spilled in between.
IN_MEMORY_LIMIT = "1GB"
IN_MEMORY = 400_000_000
SLICE = 500_000
Progress = Callable[[str, int, int], None]
PHASES = ("sources", "staging", "marts", "contract", "write", "publish")


def observe(
    from_dir: Path | str,
    marts_dir: Path | str,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    vintage: date | None = None,
    tables: Sequence[tuple[Path, Path]] = (),
    progress: Progress = lambda phase, done, total: None,
    spark: SparkEngine | None = None,
    downloads: Mapping[str, str] | None = None,
) -> Report:
    """Runs the pipeline on a folder of registers and publishes the marts; returns the report.

    `vintage` is the day the registers describe; by default the marker file of synthetic registers, the date in an RNA
    file name, or the latest treatment date of SIRENE. `tables` are further tables with their mappings
    (docs/reference/tables.md). With `spark`, the marts are made there (docs/reference/engines.md). `downloads`, what
    happened to each file that was fetched, is kept in the report.
    Raises the errors of `observatory.errors`; on any of them, and on a kill, the previous publication stays whole.
    """
    marts = Path(marts_dir)
    try:
        marts.mkdir(parents=True, exist_ok=True)
        with _lock(marts):
            run = _Run(Path(from_dir), marts, threads, memory_limit, vintage, tables, progress, spark)
            run.report.downloads = dict(downloads or {})
            return run.run()
    except (OSError, duckdb.Error) as problem:
        if is_out_of_room(problem):
            raise DiskFull(_disk_full(marts)) from problem
        raise


def _disk_full(marts: Path) -> str:
    return (
        f"Plus de place (disque ou mémoire) pour écrire dans « {marts} ». Libérez de l’espace puis relancez ; "
        "la publication précédente est intacte."
    )


@contextmanager
def _lock(marts: Path) -> Iterator[None]:
    with (marts / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise AlreadyRunning(
                f"Une autre exécution écrit déjà dans « {marts} ». Attendez qu’elle finisse."
            ) from problem
        yield


class _Run:
    def __init__(self, from_dir, marts, threads, memory_limit, vintage, tables, progress, spark):
        self.tables, self.spark = tables, spark
        self.from_dir, self.marts, self.vintage, self.progress = from_dir, marts, vintage, progress
        self.memory_limit = memory_limit
        self.report = Report()
        self.slices = 1
        self.work = marts / ".work"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        self.config: dict = {
            "preserve_insertion_order": True,
            "temp_directory": str(self.work / "spill"),
            "memory_limit": memory_limit or IN_MEMORY_LIMIT,
        }
        if threads:
            self.config["threads"] = threads
        self.connection = duckdb.connect(config=self.config)
        self.began = time.monotonic()

    def run(self) -> Report:
        try:
            with _reading("l’ouverture"):
                files = self._phase("sources", self._open_sources)
            self._phase("staging", lambda: self._models("staging"))
            self._phase("marts", lambda: self._build_marts(files))
            ordered = self._phase("contract", lambda: contracts.check(self.connection))
            folder = self._phase("write", lambda: self._write(ordered))
            self._phase("publish", lambda: self._publish(folder))
            return self.report
        finally:
            self.connection.close()
            shutil.rmtree(self.work, ignore_errors=True)

    def _phase(self, name: str, work: Callable):
        began = time.monotonic()
        self.progress(name, PHASES.index(name), len(PHASES))
        stop_point(name)
        with self._timed(name):
            result = work()
        self.report.phases[name] = round(time.monotonic() - began, 3)
        return result

    def _open_sources(self) -> list[SourceFile]:
        declared = declarations(self.from_dir, self.tables)
        files = discover(self.from_dir, self.work, {one.table for one in declared}, self.report.left_aside)
        read = {file.original for file in files} | {one.table for one in declared}
        names = {path.name for path in read if path.parent == self.from_dir}
        self.report.unread = unread_files(self.from_dir, names | set(self.report.left_aside))
        opened = open_tables(declared, self.work)
        files += opened.files
        if sum(file.path.stat().st_size // (1 if file.parquet else 6) for file in files) > IN_MEMORY:
            # Tables in a file leave the memory to the joins. The file lives as long as the run: compressing it is lost time.
            self.connection.close()
            self.config["memory_limit"] = self.memory_limit or MEMORY
            self.connection = duckdb.connect(str(self.work / "run.duckdb"), config=self.config)
            self.connection.execute("SET force_compression = 'uncompressed'")
        self.marker = self._read_marker()
        for register in REGISTERS:
            create_view(self.connection, register, [file for file in files if file.register is register])
        self.vintage = self.vintage or self._find_vintage(files)
        load_rejects(self.connection, opened.rejects)
        self.connection.execute("SET VARIABLE vintage = $day", {"day": self.vintage})
        shipped.load(self.connection)
        self._load_rules()
        for file in files:
            if file.damaged_bytes:
                name = file.original.name
                self.report.damaged_bytes[name] = self.report.damaged_bytes.get(name, 0) + file.damaged_bytes
        return files

    def _read_marker(self) -> dict:
        """What SYNTHETIC.json says of made-up registers; empty for real ones."""
        path = self.from_dir / "SYNTHETIC.json"
        try:
            marker = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            date.fromisoformat(marker.get("vintage", "2026-01-01"))
        except (ValueError, AttributeError, TypeError) as problem:
            raise BadInput(f"{path} est illisible ({problem}) : refaites les registres fictifs.") from problem
        return marker

    def _find_vintage(self, files: list[SourceFile]) -> date:
        if "vintage" in self.marker:
            return date.fromisoformat(self.marker["vintage"])
        days = [
            day
            for file in files
            if file.register is RNA and (day := whole_day(written_day(file.original.name)))
        ]
        if days:
            return max(days)
        latest = self._latest_treatment()
        if latest is None:
            raise BadInput(
                "Le millésime des registres est inconnu : donnez-le, par exemple --vintage 2026-11-01."
            )
        return latest

    def _latest_treatment(self) -> date | None:
        return self.connection.execute(
            "SELECT max(TRY_CAST(left(dateDernierTraitementUniteLegale, 10) AS DATE)) FROM raw_sirene_units"
        ).fetchall()[0][0]

    def _file_vintage(self, file: SourceFile) -> str:
        """The day of a source itself, which is not the run's: a list may be a year older. Empty when nothing says it."""
        day = file_day(file.original) or str(self.marker.get("vintage", ""))
        if not day and file.register in (UNITS, ESTABLISHMENTS):
            latest = self._latest_treatment()
            day = latest.isoformat() if latest else ""
        return day

    def _load_rules(self) -> None:
        """Rule tables valid at the vintage; legal categories spelled out from their prefixes, the longest winning."""
        rules = str(shipped.RULES)
        load_door_rules(self.connection)
        self.connection.execute(
            f"""
            CREATE OR REPLACE TABLE rule_legal_categories AS
            SELECT l.code AS legal_category, arg_max(r.family, len(r.prefix)) AS family,
                arg_max(r.reason = '1', len(r.prefix)) AS reason
            FROM read_csv('{shipped.DATA}/legal_categories_3.csv', all_varchar = true, header = true) l
            JOIN read_csv('{rules}/legal_categories.csv', all_varchar = true, header = true) r ON starts_with(l.code, r.prefix)
            WHERE getvariable('vintage') >= CAST(r.valid_from AS DATE)
                AND (r.valid_to IS NULL OR getvariable('vintage') <= CAST(r.valid_to AS DATE))
            GROUP BY l.code;
            CREATE OR REPLACE TABLE rule_exclusions AS
            SELECT * FROM read_csv('{rules}/exclusions.csv', all_varchar = true, header = true)
            WHERE getvariable('vintage') >= CAST(valid_from AS DATE)
                AND (valid_to IS NULL OR getvariable('vintage') <= CAST(valid_to AS DATE));
            """  # noqa: S608
        )
        for table in ("legal_categories", "exclusions", "doors", "poles"):
            if not self.connection.execute(f"SELECT count(*) FROM rule_{table}").fetchall()[0][0]:  # noqa: S608
                raise BadInput(
                    f"Aucune règle de rules/{table}.csv ne vaut au {self.vintage} : rien ne pourrait être classé. "
                    "Donnez le vrai millésime des registres (--vintage), ou des règles datées d’avant (valid_from)."
                )

    def _models(self, layer: str, pattern: str = "*.sql") -> None:
        for path in sorted((HERE / layer).glob(pattern)):
            stop_point(f"{layer}/{path.stem}")
            with self._timed(f"{layer}/{path.stem}"):
                for number in range(self.slices if path.stem.endswith(".sliced") else 1):
                    self.connection.execute(f"SET VARIABLE slice = {number}")
                    with _reading(f"le modèle {path.name}"):
                        self.connection.execute(path.read_text(encoding="utf-8"))

    @contextmanager
    def _timed(self, model: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.report.models[model] = round(time.process_time() - began, 3)

    def _cut_slices(self) -> None:
        """Models named *.sliced.sql run once per slice of the structures: a join over all of them outgrows the memory."""
        counted = self.connection.execute(
            "SELECT (SELECT count(*) FROM stg_units) + (SELECT count(*) FROM stg_rna)"
        ).fetchall()
        self.slices = 1 + counted[0][0] // SLICE
        self.connection.execute(f"SET VARIABLE slices = {self.slices}")

    def _build_marts(self, files: list[SourceFile]) -> None:
        if self.spark:
            self._resolve_rna_communes()
            self._collect_unreadable_lines()
            assert self.vintage
            self.report.models |= self.spark.build(self.connection, self.work, self.vintage, stop_point)
        else:
            self._run_mart_models()
        with self._timed("marts/sources"):
            self._source_table(files)

    def _run_mart_models(self) -> None:
        self._cut_slices()
        self._models("marts", "1*.sql")
        self._models("marts", "20*.sql")
        with self._timed("marts/points"):
            self.connection.execute(
                "CREATE OR REPLACE TABLE int_points AS SELECT siret, department, lat, lon FROM int_places LEFT JOIN ("
                + projection_sql("(SELECT * FROM int_places WHERE x IS NOT NULL AND y IS NOT NULL)")
                + ") USING (siret)"
            )
        self._models("marts", "25*.sql")
        with self._timed("marts/rna_communes"):
            self._resolve_rna_communes()
        self._collect_unreadable_lines()
        self._models("marts", "2[6-9]*.sql")
        self._models("marts", "[3-9]*.sql")

    def _resolve_rna_communes(self) -> None:
        """`int_resolved`: the commune of each (postal code, label) of the associations whose INSEE code is not known."""
        connection = self.connection
        pairs = connection.execute(
            """
            SELECT DISTINCT postal_code, commune_label FROM stg_rna LEFT JOIN former_codes f ON f.code = raw_commune
            WHERE f.code IS NULL AND commune_label IS NOT NULL ORDER BY ALL
            """
        ).fetchall()
        resolve = shipped.resolver().resolve
        found = [(postal, label, resolve(postal, label).code) for postal, label in pairs]
        shipped.insert(
            connection, "int_resolved", ("postal_code", "commune_label", "code"), [f for f in found if f[2]]
        )

    def _collect_unreadable_lines(self) -> None:
        connection = self.connection
        connection.execute(
            "CREATE OR REPLACE TABLE unreadable_lines (source VARCHAR, line BIGINT, message VARCHAR)"
        )
        tables = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for register in REGISTERS:
            for table in sorted(name for name in tables if name.startswith(f"bad_{register.name}_")):
                connection.execute(
                    f"INSERT INTO unreadable_lines SELECT DISTINCT '{register.name}', line, error_type FROM {table}"  # noqa: S608
                )

    def _source_table(self, files: list[SourceFile]) -> None:
        connection = self.connection
        connection.execute(
            "CREATE OR REPLACE TABLE sources (source VARCHAR, title VARCHAR, vintage VARCHAR, file VARCHAR, rows BIGINT, "
            "sha256 VARCHAR, licence VARCHAR, url VARCHAR)"
        )
        for register in REGISTERS:
            named = {file.original: file for file in files if file.register is register}
            counted = count_rows(connection, [file for file in files if file.register is register])
            self.report.read[register.name] = sum(rows for _, rows in counted)
            for original, rows in counted:
                connection.execute(
                    "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [register.name, named[original].title or register.title, self._file_vintage(named[original]), original.name, rows,
                     _sha256(original), named[original].licence or register.licence, named[original].url or register.url],
                )  # fmt: skip

        self.report.missing = not_read(self.report.read)

    def _write(self, ordered: set[str]) -> Path:
        connection = self.connection
        folder = self.work / "out"
        folder.mkdir()
        digest = hashlib.sha256()
        for mart in contracts.MARTS:
            stop_point(f"write/{mart.name}")
            path = folder / f"{mart.name}.parquet"
            order = "" if mart.name in ordered else f"ORDER BY {', '.join(mart.key) or 'ALL'}"
            connection.execute(
                f"COPY (SELECT * FROM {mart.name} {order}) TO '{path}' "  # noqa: S608
                "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            )
            digest.update(f"{mart.name} {_sha256(path)}\n".encode())
            count = connection.execute(f"SELECT count(*) FROM {mart.name}").fetchall()[0][0]  # noqa: S608
            self.report.kept[mart.name] = count
        self.report.rejected = dict(
            connection.execute(
                "SELECT source || ' · ' || reason, count(*) FROM rejects GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        )
        self.report.vintage = self.vintage.isoformat()
        self.report.synthetic = bool(self.marker.get("synthetic"))
        manifest = {
            "vintage": self.vintage.isoformat(),
            "synthetic": bool(self.marker.get("synthetic")),
            "demo": bool(self.marker.get("demo")),
            "counts": self.report.kept,
            "read": self.report.read,
            "rejected": self.report.rejected,
        }
        digest.update(json.dumps(manifest, sort_keys=True).encode())
        self.report.run_id = manifest["run_id"] = digest.hexdigest()[:16]
        stop_point("write/manifest")
        (folder / "manifest.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        )
        for path in folder.iterdir():
            _sync(path)
        _sync(folder)
        return folder

    def _publish(self, folder: Path) -> None:
        publications = self.marts / "publications"
        publications.mkdir(exist_ok=True)
        current = self.marts / "current"
        previous = current.resolve() if current.exists() else None
        if previous is not None and (previous / "manifest.json").exists():
            before = json.loads((previous / "manifest.json").read_text())
            self.report.previous = before["run_id"]
            self.report.difference = {
                name: count - before["counts"].get(name, 0) for name, count in self.report.kept.items()
            }
            self.report.unchanged = before["run_id"] == self.report.run_id
        target = publications / self.report.run_id
        if not (target / "manifest.json").exists():
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
            _sync(publications)
        stop_point("publish/renamed")
        link = self.marts / ".current-next"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("publications") / target.name)
        link.rename(current)
        _sync(self.marts)
        stop_point("publish/swapped")
        self.report.path = str(target)
        (self.marts / "last-run.json").write_text(
            json.dumps(self.report.to_dict(), ensure_ascii=False, indent=1) + "\n"
        )
        _forget_old(publications, target, previous)


def _forget_old(publications: Path, target: Path, previous: Path | None) -> None:
    kept = {target.name, previous.name if previous else ""}
    others = sorted(
        (path for path in publications.iterdir() if path.name not in kept),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in others[KEPT_PUBLICATIONS - 2 :]:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """A reading error of DuckDB becomes a message for the operator; a full disk and our own mistakes stay what they are."""
    try:
        yield
    except (
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ParserException,
        duckdb.NotImplementedException,
    ):
        raise
    except duckdb.Error as problem:
        if is_out_of_room(problem):
            raise
        raise BadInput(
            f"Un registre ne se lit pas jusqu’au bout (pendant {where}) : {str(problem).splitlines()[0]} "
            "Téléchargez-le de nouveau."
        ) from problem


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
