"""Opening register files: found, unpacked, checked, and made readable by DuckDB through whitelisted views.

A file that is not what its name claims is refused here, with a sentence that says what to do.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path

import duckdb

from horizon.observatory.errors import BadInput
from horizon.observatory.registers import ESTABLISHMENTS, MANDATORY, REGISTERS, RNA, UNITS, Register

CHUNK = 1 << 22
FORMATS = (".parquet", ".csv", ".csv.gz", ".zip")
AGAIN = "Téléchargez-le de nouveau."
NO_DATA = r"(synthetic\.json|readme|licen[cs]e|.*\.mapping\.toml|.*\.part(\.json)?|.*\.tmp)"
DAY_IN_NAME = r"(?<!\d)(20\d{2})(?:[-_.]?(0[1-9]|1[0-2])(?:[-_.]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)"
# Width of the codes that lose their zeros when a tool reads them as numbers.
WIDTHS = {
    "siren": 9, "siret": 14, "nicSiegeUniteLegale": 5, "codeCommuneEtablissement": 5, "codePostalEtablissement": 5,
}  # fmt: skip

LEFT_AS_THEY_ARE = frozenset({"categorieJuridiqueUniteLegale"})


@dataclass(frozen=True)
class SourceFile:
    """A file found for a register, ready to be read by DuckDB. `columns`: its header; `numbers`: those typed as numbers;
    `delimiter`: of its cells, for a CSV; `title`, `licence`, `url`: where they are not the register's."""

    register: Register
    original: Path
    path: Path
    parquet: bool
    damaged_bytes: int = 0
    columns: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    delimiter: str = ","
    title: str = ""
    licence: str = ""
    url: str = ""


def discover(
    folder: Path, work: Path, aside: Collection[Path] = (), left: dict[str, str] | None = None
) -> list[SourceFile]:
    """Every register's files in a folder, checked and unpacked into `work` when needed; `aside` are none.

    Of several vintages of a register the newest is read; the others are noted in `left`, each with what is read instead.

    Raises BadInput, with what to do, for a folder without the mandatory registers or a file that is not what it says.
    """
    if not folder.is_dir():
        raise BadInput(f"Le dossier « {folder} » n’existe pas.")
    found: list[SourceFile] = []
    for register in REGISTERS:
        named = sorted(
            path
            for path in folder.iterdir()
            if path.is_file()
            and path not in aside
            and re.match(register.pattern, path.name, re.IGNORECASE)
            and path.name.lower().endswith(FORMATS)
        )
        named, older = _newest(register, named)
        if left is not None:
            left |= older
        found.extend(file for path in named for file in _prepare(register, path, work))
    missing = [register for register in MANDATORY if not any(file.register is register for file in found)]
    if missing:
        names = " et ".join(f"{register.title} ({register.beginning})" for register in missing)
        raise BadInput(
            f"Il manque dans « {folder} » : {names}. Formats lus : parquet, csv, csv.gz, zip. "
            "Sans --from, « horizon observe » télécharge les registres officiels."
        )
    return found


def unread_files(folder: Path, told: Collection[str]) -> dict[str, str]:
    """{file of the folder that nothing reads: why}. `told`: the names that are read or whose fate is told elsewhere."""
    found = {}
    for path in sorted(folder.iterdir()):
        name = path.name
        if (
            not path.is_file()
            or name in told
            or name.startswith(".")
            or re.match(NO_DATA, name, re.IGNORECASE)
        ):
            continue
        if name.endswith(".json") and path.with_name(name.removesuffix(".json")).exists():
            continue  # the card of a download
        expected = any(re.match(register.pattern, name, re.IGNORECASE) for register in REGISTERS)
        found[name] = "format non lu" if expected else "nom inattendu"
    return found


def written_day(name: str) -> str:
    """The date written in a file's name, as far as it goes; empty when none is.

    >>> written_day("rna_waldec_20261101_dpt_86.csv"), written_day("liste-ess-france-2026.csv"), written_day("x_2026-11.csv")
    ('2026-11-01', '2026', '2026-11')
    >>> written_day("StockUniteLegale_utf8.parquet"), written_day("rna_waldec_99999999.csv")
    ('', '')
    """
    found = re.search(DAY_IN_NAME, name)
    return "-".join(part for part in found.groups() if part) if found else ""


def whole_day(text: str) -> date | None:
    """The day that a text says whole; None for a month, a year, or a 30th of February."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def file_day(path: Path) -> str:
    """The day of a file: the one in its name, else when the site that it came from says it changed (its card); else empty."""
    if day := written_day(path.name):
        return day
    try:
        card = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
        return parsedate_to_datetime(card["last_modified"]).date().isoformat()
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _newest(register: Register, named: list[Path]) -> tuple[list[Path], dict[str, str]]:
    """(files to read, {file left aside: file read instead}). A register that may come in several files (one per
    department) keeps the newest of each; the operator's own lists are all read."""
    if register.many and register is not RNA:
        return named, {}
    several: dict[str, list[Path]] = {}
    for path in named:
        part = re.sub(DAY_IN_NAME, "", path.name) if register.many else ""
        several.setdefault(part, []).append(path)
    kept: list[Path] = []
    older: dict[str, str] = {}
    for paths in several.values():
        dated = all(written_day(path.name) for path in paths)
        best = max(paths, key=lambda path: _preference(path, dated))
        kept.append(best)
        older |= {path.name: best.name for path in paths if path != best}
    return kept, older


def _preference(path: Path, dated: bool) -> tuple:
    """The newest first when every name says its date; else the best format, which a download has, then the date."""
    day, name = written_day(path.name), path.name.lower()
    kind = [name.endswith(form) for form in FORMATS]
    return (day, kind, name) if dated else (kind, day, name)


def _prepare(register: Register, original: Path, work: Path) -> list[SourceFile]:
    if original.stat().st_size == 0:
        raise BadInput(f"{original.name} est vide (0 octet). {AGAIN}")
    refuse_html(original, original.name)
    paths = [original]
    if original.name.lower().endswith(".zip"):
        paths = _unzip(register, original, work)
    elif original.name.lower().endswith(".gz"):
        paths = [_gunzip(original, work)]
    return [_open(register, original, path, work) for path in paths]


def _open(register: Register, original: Path, path: Path, work: Path) -> SourceFile:
    if path.suffix.lower() == ".parquet":
        return _open_parquet(register, original, path)
    refuse_html(path, original.name)
    damaged, path = _decode(register, path, work)
    columns, lines, delimiter = _csv_header(register, path, original)
    check_columns(register, columns, original.name)
    if not lines and register in MANDATORY:
        raise BadInput(f"{original.name} n’a aucune ligne sous son en-tête. {AGAIN}")
    return SourceFile(register, original, path, False, damaged, columns, delimiter=delimiter)


def _unzip(register: Register, path: Path, work: Path) -> list[Path]:
    """The files of an archive; RNA's holds one per department."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [
                member
                for member in archive.infolist()
                if member.filename.lower().endswith((".csv", ".parquet"))
            ]
            if not inside or len(inside) > 1 and not register.many:
                raise BadInput(
                    f"{path.name} doit contenir un seul fichier csv ou parquet ; il en contient {len(inside)}."
                )
            targets = []
            for number, member in enumerate(sorted(inside, key=lambda member: member.filename)):
                target = work / f"{path.stem}-{number}-{Path(member.filename).name}"
                with archive.open(member) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out, CHUNK)
                targets.append(target)
            return targets
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as problem:
        raise BadInput(f"{path.name} est une archive abîmée ou tronquée ({problem}). {AGAIN}") from problem


def _gunzip(path: Path, work: Path) -> Path:
    target = work / path.name[: -len(".gz")]
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, CHUNK)
    except (OSError, EOFError, zlib.error) as problem:
        if isinstance(problem, OSError) and problem.errno:
            raise
        raise BadInput(f"{path.name} est une archive abîmée ou tronquée ({problem}). {AGAIN}") from problem
    return target


def refuse_html(path: Path, name: str) -> None:
    """Raises BadInput when a file starts like a web page: what sites answer instead of a file when they are ill."""
    with path.open("rb") as stream:
        start = stream.read(512).lstrip(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
        raise BadInput(
            f"{name} est une page web, pas un registre : le site a sans doute répondu par une page d’erreur. {AGAIN}"
        )


def _decode(register: Register, path: Path, work: Path) -> tuple[int, Path]:
    """(replaced bytes, path to read). What is not clean UTF-8 is rewritten in a copy: ISO-8859-1 (RNA), or repaired.

    It is ISO-8859-1 when lone accented letters outnumber valid ones, by far for a register that is issued in UTF-8.
    NUL bytes, which DuckDB refuses, count as damaged and become spaces.
    """
    nuls, broken, accents = 0, 0, 0
    for chunk, text in _texts(path, "utf-8"):
        nuls += chunk.count(0)
        if text.isascii():
            continue
        broken += text.count("\ufffd")
        accents += len(text) - len(text.encode("ascii", "ignore"))
    if not broken and not nuls:
        return 0, path
    valid = accents - broken
    encoding = "cp1252" if broken > valid * (20 if register.encoding == "utf-8" else 1) else "utf-8"
    damaged = nuls
    target = work / f"{path.stem}-utf8.csv"
    with target.open("w", encoding="utf-8", newline="") as out:
        for _, text in _texts(path, encoding):
            damaged += text.count("\ufffd")
            out.write(text.replace("\0", " "))
    return damaged, target


def _texts(path: Path, encoding: str) -> Iterator[tuple[bytes, str]]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk, decoder.decode(chunk)
    yield b"", decoder.decode(b"", True)


def _open_parquet(register: Register, original: Path, path: Path) -> SourceFile:
    try:
        with duckdb.connect() as connection:
            described = connection.execute(
                "DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(path)}
            ).fetchall()
            lines = connection.execute(
                "SELECT count(*) FROM read_parquet($path)", {"path": str(path)}
            ).fetchone()
    except duckdb.Error as problem:
        raise BadInput(
            f"{original.name} n’est pas un fichier parquet lisible, sans doute tronqué. {AGAIN}"
        ) from problem
    columns = tuple(row[0] for row in described)
    check_columns(register, columns, original.name)
    if register in MANDATORY and lines and not lines[0]:
        raise BadInput(f"{original.name} n’a aucune ligne. {AGAIN}")
    numbers = frozenset(
        row[0] for row in described if re.match(r"U?(HUGE|BIG|SMALL|TINY)?INT|DOUBLE", row[1])
    )
    return SourceFile(register, original, path, True, columns=columns, numbers=numbers)


def _csv_header(register: Register, path: Path, original: Path) -> tuple[tuple[str, ...], bool, str]:
    """(column names, whether a line follows, delimiter). A register without a delimiter of its own takes the one that
    its header shows; for the others, BadInput when it is not theirs."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        first, second = stream.readline(100_000), stream.readline(100_000)
    delimiter = register.delimiter or max(",;\t|", key=first.count)
    columns = tuple(name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=delimiter), []))
    if len(columns) == 1 and len(register.required) > 1:
        for other in ",;\t|":
            if other != delimiter and first.count(other) >= len(register.required) - 1:
                raise BadInput(
                    f"{original.name} : le séparateur est « {other if other != chr(9) else 'tabulation'} », "
                    f"on attend « {delimiter} » pour {register.title}. Enregistrez le fichier avec ce séparateur."
                )
    return columns, bool(second.strip()), delimiter


def check_columns(register: Register, columns: tuple[str, ...], name: str) -> None:
    """Raises BadInput naming the required columns that a file lacks, and those that look renamed."""
    missing = [wanted for wanted in register.required if wanted not in columns]
    if not missing:
        return
    folded = {re.sub(r"[^a-z0-9]", "", column.lower()): column for column in columns}
    hints = []
    for wanted in missing:
        close = folded.get(re.sub(r"[^a-z0-9]", "", wanted.lower()))
        hints.append(f"{wanted} (renommée « {close} » ?)" if close else wanted)
    raise BadInput(
        f"{name} : colonnes manquantes pour {register.title} : {', '.join(hints)}. "
        f"Colonnes lues : {', '.join(columns[:8])}{'…' if len(columns) > 8 else ''}."
    )


def create_view(connection: duckdb.DuckDBPyConnection, register: Register, files: list[SourceFile]) -> None:
    """Creates the view `raw_<name>` with exactly the whitelisted columns as text; empty when there is no file.

    CSV rows that cannot be read go to DuckDB's reject tables and end up in the mart `rejects`.
    """
    wanted = (*register.required, *register.optional)
    if not files:
        nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in wanted)
        connection.execute(f"CREATE OR REPLACE VIEW raw_{register.name} AS SELECT {nothing} WHERE false")
        return
    selects = []
    for number, file in enumerate(files):
        columns = ", ".join(f"{_cell(file, name)} AS {name}" for name in wanted)
        selects.append(f"SELECT {columns} FROM {_reader(file, number)}")
    connection.execute(f"CREATE OR REPLACE VIEW raw_{register.name} AS " + " UNION ALL ".join(selects))  # noqa: S608


def count_rows(connection: duckdb.DuckDBPyConnection, files: list[SourceFile]) -> list[tuple[Path, int]]:
    """Rows read from each original file, in order; an archive counts what it holds."""
    counts: dict[Path, int] = {}
    for file in files:
        row = connection.execute(f"SELECT count(*) FROM {_reader(file)}").fetchone()  # noqa: S608
        counts[file.original] = counts.get(file.original, 0) + (row[0] if row else 0)
    return list(counts.items())


def _cell(file: SourceFile, name: str) -> str:
    """A column as text. Codes read as numbers get their zeros back; parquet text is left as it is, so that DuckDB can
    push joins on SIREN down into the scan. So is the legal category, text or number: it sets most units aside."""
    if name not in file.columns:
        return "CAST(NULL AS VARCHAR)"
    if name in LEFT_AS_THEY_ARE:
        return f'"{name}"'
    width = WIDTHS.get(name) if file.register in (UNITS, ESTABLISHMENTS) else None
    if width and name in file.numbers:
        return f"lpad(CAST(CAST(\"{name}\" AS BIGINT) AS VARCHAR), {width}, '0')"
    if width and not file.parquet:
        return f'CASE WHEN length("{name}") < {width} THEN lpad("{name}", {width}, \'0\') ELSE "{name}" END'
    return f'CAST("{name}" AS VARCHAR)'


def _reader(file: SourceFile, number: int | None = None) -> str:
    """The scan of a file; with a number, the CSV lines that cannot be read are kept in tables of that number."""
    register = file.register
    path = str(file.path).replace("'", "''")
    if file.parquet:
        return f"read_parquet('{path}')"
    schema = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}': 'VARCHAR'" for name in _unique(file.columns))
    rejects = "ignore_errors = true"
    if number is not None:
        rejects = (
            f"store_rejects = true, rejects_table = 'bad_{register.name}_{number}', "
            f"rejects_scan = 'scan_{register.name}_{number}'"
        )
    return (
        f"read_csv('{path}', delim = '{file.delimiter}', header = true, quote = '\"', escape = '\"', "
        f"columns = {{{schema}}}, nullstr = '', strict_mode = false, "
        f"max_line_size = 4000000, {rejects}, auto_detect = false)"
    )


def _unique(columns: tuple[str, ...]) -> list[str]:
    """Column names made distinct, as a CSV may repeat one."""
    seen: dict[str, int] = {}
    names = []
    for name in columns:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names
