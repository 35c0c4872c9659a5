"""Any table that an operator has as a source: a mapping beside the registers, or named on the command line.

A table gives reasons, never structures: `approval` (an approved list, such as ESUS) or `declared`; or it says that a `place`
receives the public, so that its address may be shown. Each line is tied to a register by its SIREN, SIRET or RNA number;
those that cannot be are in the mart `rejects`, with the reason.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
from stdnum.fr import siren as siren_numbers
from stdnum.fr import siret as siret_numbers

from horizon.engine.tables import MAX_BYTES, Table, UnreadableTable, read_table
from horizon.engine.tables.mapping import LICENCES, Mapping, check_mapping, read_mapping
from horizon.engine.tables.meaning import digits
from horizon.observatory import shipped
from horizon.observatory.errors import BadInput
from horizon.observatory.opening import SourceFile
from horizon.observatory.registers import APPROVALS, DECLARED, PLACES

SUFFIX = ".mapping.toml"
KEYS = ("siren", "siret", "rna")
Reject = tuple[str, str, str, str]


@dataclass(frozen=True)
class Declaration:
    """A table and what its columns say."""

    table: Path
    mapping: Mapping


@dataclass
class Opened:
    """Tables made readable as the registers they stand for, and the lines left out."""

    files: list[SourceFile] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def declarations(folder: Path, given: Sequence[tuple[Path, Path]] = ()) -> list[Declaration]:
    """The tables declared beside the registers (`*.mapping.toml`), then those given as (table, mapping). Raises BadInput."""
    found = []
    beside = [(None, path) for path in sorted(folder.glob(f"*{SUFFIX}"))] if folder.is_dir() else []
    for table, path in [*beside, *given]:
        mapping = _mapping(path)
        if table is None:
            if not mapping.table:
                raise BadInput(
                    f'{path.name} ne dit pas de quel tableau il parle : ajoutez table = "agréments.xlsx".'
                )
            table = path.parent / mapping.table
        if not table.is_file():
            raise BadInput(f"Le tableau « {table.name} », nommé par {path.name}, n’est pas là.")
        found.append(Declaration(table, mapping))
    return found


def _mapping(path: Path) -> Mapping:
    try:
        mapping = read_mapping(path.read_bytes(), path.name)
    except OSError as problem:
        raise BadInput(f"La correspondance « {path} » ne s’ouvre pas : {problem.strerror}.") from problem
    except UnreadableTable as problem:
        raise BadInput(str(problem)) from problem
    if not mapping.kind:
        raise BadInput(
            f'{path.name} : dites la raison que donne ce tableau : kind = "approval" ou kind = "declared", ou kind = "place".'
        )
    if not any(code in mapping.columns for code in KEYS):
        raise BadInput(
            f"{path.name} : une colonne doit donner siren, siret ou rna, sinon rien ne relie le tableau aux registres."
        )
    if mapping.kind == "approval" and not ({"approval"} & {*mapping.columns, *mapping.constants}):
        raise BadInput(
            f'{path.name} : dites quel agrément : [constants] approval = "ESUS", ou une colonne approval.'
        )
    return mapping


def open_tables(declared: Sequence[Declaration], work: Path) -> Opened:
    """Reads each table and writes it as the register it stands for, in `work`. Raises BadInput."""
    opened = Opened()
    for number, one in enumerate(declared):
        if one.table.stat().st_size > MAX_BYTES:
            raise BadInput(
                f"{one.table.name} fait plus de {MAX_BYTES // 1_000_000} Mo : ne gardez que la feuille utile."
            )
        try:
            table = read_table(one.table.read_bytes(), one.mapping.sheet)
            check_mapping(one.mapping, table.headers, needs="")
        except UnreadableTable as problem:
            raise BadInput(f"{one.table.name} : {problem}") from problem
        register, reading = READ[one.mapping.kind]
        rows, rejects = reading(one, table)
        opened.rejects += rejects
        columns = (*register.required, *register.optional)
        path = work / f"table-{number}-{register.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([row.get(column, "") for column in columns] for row in rows)
        opened.files.append(
            SourceFile(
                register, one.table, path, False, columns=columns, title=one.mapping.source,
                licence=LICENCES[one.mapping.licence], url=one.mapping.url,
            )
        )  # fmt: skip
    return opened


def load_rejects(connection: duckdb.DuckDBPyConnection, rejects: Sequence[Reject]) -> None:
    """Creates `table_rejects`, which the mart of rejects reads."""
    shipped.insert(connection, "table_rejects", ("source", "row", "reason", "detail"), list(rejects))


def _identify(said: dict[str, str]) -> tuple[str, str, str]:
    """(SIREN, RNA number, what is wrong with the identifiers). A SIREN that lost its zeros gets them back."""
    siren, siret, rna = (digits(said.get(code, "")).upper() for code in KEYS)
    if siret and not siren:
        siret = siret.zfill(14) if siret.isdigit() and len(siret) > 10 else siret
        if not (siret.isdigit() and len(siret) == 14 and siret_numbers.is_valid(siret)):
            return "", "", f"SIRET faux ou abîmé : {said['siret']}"
        siren = siret[:9]
    elif siren:
        siren = siren.zfill(9) if siren.isdigit() and len(siren) > 5 else siren
        if not (siren.isdigit() and len(siren) == 9 and siren_numbers.is_valid(siren)):
            return "", "", f"SIREN faux ou abîmé : {said['siren']}"
    if rna and not re.fullmatch(r"W\d[0-9A-Z]\d{7}", rna):
        return siren, "", "" if siren else f"numéro RNA faux : {said['rna']}"
    return siren, rna, "" if siren or rna else "ni SIREN, ni SIRET, ni numéro RNA"


def as_day(text: str) -> str | None:
    """A day as AAAA-MM-JJ; empty stays empty, None for what is no day.

    >>> as_day("31/12/2027"), as_day("2027-12-31 00:00"), as_day(""), as_day("bientôt")
    ('2027-12-31', '2027-12-31', '', None)
    """
    said = text.strip().split(" ")[0]
    if not said:
        return ""
    for form in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y"):
        try:
            return datetime.strptime(said, form).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    try:
        return date.fromisoformat(said[:10]).isoformat()
    except ValueError:
        return None


def _approvals(one: Declaration, table: Table) -> tuple[list[dict[str, str]], list[Reject]]:
    rows, rejects = [], []
    for line in table.lines:
        said = one.mapping.values(table.headers, line.cells)
        place = f"{one.table.name}, ligne {line.number}"
        siren, _rna, wrong = _identify(said)
        if wrong or not siren:
            rejects.append(
                ("approvals", place, "no_identifier", wrong or "un agrément se relie par le SIREN")
            )
            continue
        days = {code: as_day(said.get(code, "")) for code in ("granted_on", "expires_on")}
        unread = [code for code, day in days.items() if day is None]
        if unread:
            told = ", ".join(said[code] for code in unread)
            rejects.append(("approvals", place, "bad_date", f"date illisible : {told}"))
        if "expires_on" in unread:
            continue  # nobody can say whether it is still valid
        rows.append(
            {
                "siren": siren, "approval": said.get("approval", ""), "issuer": said.get("issuer", ""),
                **{code: day or "" for code, day in days.items()},
            }
        )  # fmt: skip
    return rows, rejects


def _declared(one: Declaration, table: Table) -> tuple[list[dict[str, str]], list[Reject]]:
    rows, rejects = [], []
    for line in table.lines:
        siren, rna, wrong = _identify(one.mapping.values(table.headers, line.cells))
        if wrong:
            rejects.append(("declared", f"{one.table.name}, ligne {line.number}", "no_identifier", wrong))
        rows += [{"key": key} for key in (siren, rna) if key and not wrong]
    return rows, rejects


def _places(one: Declaration, table: Table) -> tuple[list[dict[str, str]], list[Reject]]:
    """A SIRET is one place; a SIREN or an RNA number, all those of the structure."""
    rows, rejects = [], []
    for line in table.lines:
        said = one.mapping.values(table.headers, line.cells)
        siren, rna, wrong = _identify(said)
        if wrong:
            rejects.append(("places", f"{one.table.name}, ligne {line.number}", "no_identifier", wrong))
            continue
        siret = digits(said.get("siret", "")).zfill(14) if said.get("siret") else ""
        rows.append({"key": siret or siren or rna})
    return rows, rejects


READ = {"approval": (APPROVALS, _approvals), "declared": (DECLARED, _declared), "place": (PLACES, _places)}
