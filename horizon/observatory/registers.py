"""The declared sources: where their files are, which columns may be read, and how each is opened.

Only whitelisted columns are ever read: names, sex, pseudonyms and address complements of SIRENE, and the declarant and
street of RNA, never enter the pipeline.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from horizon.observatory.errors import BadInput

CHUNK = 1 << 22
FORMATS = (".parquet", ".csv", ".csv.gz", ".zip")


@dataclass(frozen=True)
class Register:
    """One declared source. `required` columns stop the run when missing; `optional` ones read as unknown."""

    name: str
    title: str
    pattern: str
    delimiter: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    many: bool = False
    licence: str = "Licence Ouverte 2.0"
    url: str = ""


UNITS = Register(
    name="sirene_units",
    title="SIRENE, unités légales",
    pattern=r"^StockUniteLegale(?!Historique)",
    delimiter=",",
    required=(
        "siren", "statutDiffusionUniteLegale", "dateCreationUniteLegale", "trancheEffectifsUniteLegale",
        "etatAdministratifUniteLegale", "denominationUniteLegale", "categorieJuridiqueUniteLegale",
        "activitePrincipaleUniteLegale", "nicSiegeUniteLegale", "economieSocialeSolidaireUniteLegale",
        "caractereEmployeurUniteLegale", "identifiantAssociationUniteLegale", "dateDebut",
    ),
    optional=(
        "sigleUniteLegale", "denominationUsuelle1UniteLegale", "denominationUsuelle2UniteLegale",
        "denominationUsuelle3UniteLegale", "anneeEffectifsUniteLegale", "dateDernierTraitementUniteLegale",
        "nomenclatureActivitePrincipaleUniteLegale", "activitePrincipaleNAF25UniteLegale",
    ),
    url="https://www.data.gouv.fr/datasets/base-sirene-des-entreprises-et-de-leurs-etablissements-siren-siret",
)  # fmt: skip
ESTABLISHMENTS = Register(
    name="sirene_establishments",
    title="SIRENE, établissements",
    pattern=r"^StockEtablissement(?!Historique|LiensSuccession)",
    delimiter=",",
    required=(
        "siren", "siret", "statutDiffusionEtablissement", "dateCreationEtablissement", "trancheEffectifsEtablissement",
        "etablissementSiege", "numeroVoieEtablissement", "typeVoieEtablissement", "libelleVoieEtablissement",
        "codePostalEtablissement", "libelleCommuneEtablissement", "codeCommuneEtablissement",
        "etatAdministratifEtablissement", "activitePrincipaleEtablissement", "caractereEmployeurEtablissement", "dateDebut",
    ),
    optional=(
        "indiceRepetitionEtablissement", "coordonneeLambertAbscisseEtablissement",
        "coordonneeLambertOrdonneeEtablissement", "enseigne1Etablissement", "denominationUsuelleEtablissement",
        "activitePrincipaleNAF25Etablissement", "codePaysEtrangerEtablissement",
    ),
    url=UNITS.url,
)  # fmt: skip
RNA = Register(
    name="rna",
    title="RNA, associations déclarées (waldec)",
    pattern=r"^rna_waldec",
    delimiter=";",
    required=("id", "siret", "date_creat", "date_decla", "date_disso", "nature", "titre", "objet", "objet_social1",
              "adrs_codeinsee", "adrs_codepostal", "adrs_libcommune", "position"),
    optional=("titre_court", "objet_social2", "siteweb", "maj_time"),
    many=True,
    url="https://www.data.gouv.fr/datasets/repertoire-national-des-associations",
)  # fmt: skip
ESS_FRANCE = Register(
    name="ess_france_list",
    title="Liste ESS France",
    pattern=r"^liste[-_]ess[-_]france",
    delimiter=",",
    required=("SIREN",),
    url="https://www.data.gouv.fr/datasets/646c8d45de96cc3428092c6b",
)
APPROVALS = Register(
    name="approvals",
    title="Agréments chargés par l’opérateur",
    pattern=r"^approvals",
    delimiter=",",
    required=("siren", "approval"),
    optional=("granted_on", "expires_on", "issuer"),
    many=True,
    licence="selon la liste",
)
DECLARED = Register(
    name="declared",
    title="Déclarations recueillies par l’opérateur",
    pattern=r"^declared",
    delimiter=",",
    required=("key",),
    many=True,
    licence="selon la déclaration",
)
PLACES = Register(
    name="places",
    title="Lieux publics confirmés",
    pattern=r"^places",
    delimiter=",",
    required=("key",),
    many=True,
    licence="selon la déclaration",
)
REGISTERS = (UNITS, ESTABLISHMENTS, RNA, ESS_FRANCE, APPROVALS, DECLARED, PLACES)
MANDATORY = (UNITS, ESTABLISHMENTS)


@dataclass(frozen=True)
class SourceFile:
    """A file found for a register, ready to be read by DuckDB."""

    register: Register
    original: Path
    path: Path
    parquet: bool
    damaged_bytes: int = 0
    columns: tuple[str, ...] = ()


def discover(folder: Path, work: Path) -> list[SourceFile]:
    """Every register's files in a folder, checked and unpacked into `work` when needed.

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
            and re.match(register.pattern, path.name, re.IGNORECASE)
            and path.name.lower().endswith(FORMATS)
        )
        if not register.many and len(named) > 1:
            named = sorted(
                named, key=lambda path: [path.name.lower().endswith(f) for f in FORMATS], reverse=True
            )[:1]
        found.extend(_prepare(register, path, work) for path in named)
    missing = [register for register in MANDATORY if not any(file.register is register for file in found)]
    if missing:
        names = " et ".join(
            f"{register.title} ({register.pattern[1:].split('(')[0]}*)" for register in missing
        )
        raise BadInput(
            f"Il manque dans « {folder} » : {names}. Formats lus : parquet, csv, csv.gz, zip. "
            "Sans --from, « horizon observe » télécharge les registres officiels."
        )
    return found


def _prepare(register: Register, path: Path, work: Path) -> SourceFile:
    name = path.name
    if path.stat().st_size == 0:
        raise BadInput(f"{name} est vide (0 octet). Téléchargez-le de nouveau.")
    original = path
    if name.lower().endswith(".zip"):
        path = _unzip(path, work)
    elif name.lower().endswith(".gz"):
        path = _gunzip(path, work)
    if path.suffix.lower() == ".parquet":
        return SourceFile(register, original, path, True, columns=_parquet_columns(register, path))
    _refuse_html(path, original)
    damaged, path = _decode(path, work)
    file = SourceFile(register, original, path, False, damaged, _csv_columns(register, path, original))
    _check_columns(register, file.columns, original)
    return file


def _unzip(path: Path, work: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [
                member
                for member in archive.infolist()
                if member.filename.lower().endswith((".csv", ".parquet"))
            ]
            if len(inside) != 1:
                raise BadInput(
                    f"{path.name} doit contenir un seul fichier csv ou parquet ; il en contient {len(inside)}."
                )
            target = work / f"{path.stem}-{Path(inside[0].filename).name}"
            with archive.open(inside[0]) as source, target.open("wb") as out:
                while chunk := source.read(CHUNK):
                    out.write(chunk)
            return target
    except (zipfile.BadZipFile, EOFError) as problem:
        raise BadInput(
            f"{path.name} est une archive abîmée ou tronquée ({problem}). Téléchargez-la de nouveau."
        ) from problem


def _gunzip(path: Path, work: Path) -> Path:
    target = work / path.name[: -len(".gz")]
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)
    except (OSError, EOFError) as problem:
        if isinstance(problem, OSError) and problem.errno:
            raise
        raise BadInput(
            f"{path.name} est une archive abîmée ou tronquée ({problem}). Téléchargez-la de nouveau."
        ) from problem
    return target


def _refuse_html(path: Path, original: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(512).lstrip(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
        raise BadInput(
            f"{original.name} est une page web, pas un registre : le site a sans doute répondu par une page d’erreur. "
            "Téléchargez-le de nouveau."
        )


def _decode(path: Path, work: Path) -> tuple[int, Path]:
    """(replaced bytes, path to read). What is not UTF-8 is rewritten in a copy: ISO-8859-1 (RNA), or repaired."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid = True
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            valid = False
    if valid:
        return 0, path
    with path.open("rb") as stream:
        encoding = "cp1252" if _looks_latin(stream.read(CHUNK)) else "utf-8"
    target = work / f"{path.stem}-utf8.csv"
    damaged = 0
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with path.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as out:
        while chunk := stream.read(CHUNK):
            text = decoder.decode(chunk)
            damaged += text.count("\ufffd")
            out.write(text)
        out.write(decoder.decode(b"", True))
    return damaged, target


def _looks_latin(sample: bytes) -> bool:
    """Whether most bytes above 127 are lone accented letters of ISO-8859-1 rather than damaged UTF-8."""
    text = sample.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    accents = sum(1 for letter in text if ord(letter) > 127 and letter != "\ufffd")
    return broken > accents


def _parquet_columns(register: Register, path: Path) -> tuple[str, ...]:
    try:
        with duckdb.connect() as connection:
            described = connection.execute(
                "DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(path)}
            ).fetchall()
    except duckdb.Error as problem:
        raise BadInput(
            f"{path.name} n’est pas un fichier parquet lisible, sans doute tronqué. Téléchargez-le de nouveau."
        ) from problem
    columns = tuple(row[0] for row in described)
    _check_columns(register, columns, path)
    return columns


def _csv_columns(register: Register, path: Path, original: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        first = stream.readline(100_000)
    columns = tuple(
        name.strip() for name in next(csv.reader(io.StringIO(first), delimiter=register.delimiter), [])
    )
    if len(columns) == 1 and len(register.required) > 1:
        for other in ",;\t|":
            if other != register.delimiter and first.count(other) >= len(register.required) - 1:
                raise BadInput(
                    f"{original.name} : le séparateur est « {other if other != chr(9) else 'tabulation'} », "
                    f"on attend « {register.delimiter} » pour {register.title}. Enregistrez le fichier avec ce séparateur."
                )
    return columns


def _check_columns(register: Register, columns: tuple[str, ...], original: Path) -> None:
    missing = [name for name in register.required if name not in columns]
    if not missing:
        return
    folded = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in columns}
    hints = []
    for name in missing:
        close = folded.get(re.sub(r"[^a-z0-9]", "", name.lower()))
        hints.append(f"{name} (renommée « {close} » ?)" if close else name)
    raise BadInput(
        f"{original.name} : colonnes manquantes pour {register.title} : {', '.join(hints)}. "
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
        columns = ", ".join(
            f'CAST("{name}" AS VARCHAR) AS {name}'
            if name in file.columns
            else f"CAST(NULL AS VARCHAR) AS {name}"
            for name in wanted
        )
        path = str(file.path).replace("'", "''")
        if file.parquet:
            reader = f"read_parquet('{path}')"
        else:
            schema = ", ".join(
                f"'{name.replace(chr(39), chr(39) * 2)}': 'VARCHAR'" for name in _unique(file.columns)
            )
            reader = (
                f"read_csv('{path}', delim = '{register.delimiter}', header = true, quote = '\"', escape = '\"', "
                f"columns = {{{schema}}}, nullstr = '', strict_mode = false, "
                f"max_line_size = 4000000, store_rejects = true, rejects_table = 'bad_{register.name}_{number}', "
                f"rejects_scan = 'scan_{register.name}_{number}', auto_detect = false)"
            )
        selects.append(f"SELECT {columns} FROM {reader}")
    connection.execute(f"CREATE OR REPLACE VIEW raw_{register.name} AS " + " UNION ALL ".join(selects))  # noqa: S608


def _unique(columns: tuple[str, ...]) -> list[str]:
    """Column names made distinct, as a CSV may repeat one."""
    seen: dict[str, int] = {}
    names = []
    for name in columns:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names
