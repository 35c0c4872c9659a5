"""Tables of spreadsheets: XLSX and ODS, read line after line so that a small file cannot become a huge one."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse  # noqa: S405 - documents with a DOCTYPE are refused

from horizon.engine.tables.shape import MAX_COLUMNS, MAX_ROWS, Table, UnreadableTable, make_table

MAX_UNPACKED = 150_000_000
MAX_RATIO = 400
LOOK = 1 << 16
ENOUGH = MAX_ROWS * 3
_MERGE = re.compile(rb'<mergeCell [^>]*ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_NEVER = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*><f[^>]*>[^<]*</f><v\s*(?:/>|></v>)</c>')
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
BROKEN = "Ce classeur est abîmé ou protégé par un mot de passe : ouvrez-le dans votre tableur et enregistrez-le de nouveau."
_TROUBLES = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ParseError, RuntimeError, NotImplementedError,
             ValueError, TypeError, AttributeError, IndexError, UnicodeError, OSError)  # fmt: skip


def read_sheets(data: bytes, sheet: str = "") -> Table:
    """The table of a sheet, the first that says something when none is asked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            weigh(archive)
            names = set(archive.namelist())
            if "content.xml" in names:
                return _ods(archive, sheet)
            if "xl/workbook.xml" in names:
                return _xlsx(data, archive, sheet)
    except UnreadableTable:
        raise
    except _TROUBLES as problem:
        raise UnreadableTable(BROKEN) from problem
    raise UnreadableTable("Cette archive n’est pas un classeur. Formats lus : csv, xlsx, ods, geojson, json.")


def weigh(archive: zipfile.ZipFile) -> None:
    """Refuses, before anything is unpacked, what would become too big, and documents that define entities."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if unpacked > MAX_UNPACKED or (unpacked > 10_000_000 and unpacked / packed > MAX_RATIO):
        raise UnreadableTable(
            f"Déplié, ce classeur ferait {unpacked // 1_000_000} Mo : c’est trop. Enregistrez en CSV la feuille utile."
        )
    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as stream:
                if b"<!DOCTYPE" in stream.read(LOOK).replace(b"\0", b"").upper():
                    raise UnreadableTable(BROKEN)


def _xlsx(data: bytes, archive: zipfile.ZipFile, asked: str) -> Table:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    names = tuple(sheet.title for sheet in book.worksheets)
    if not names:
        raise UnreadableTable("Ce classeur n’a aucune feuille.")
    problem: UnreadableTable | None = None
    for sheet in _asked(book.worksheets, asked, lambda one: one.title):
        merged, never = _marks(archive, sheet._worksheet_path.lstrip("/"))
        notes = []
        if never:
            notes.append(
                f"Formule jamais calculée, lue comme vide : {', '.join(never[:8])}{'…' if len(never) > 8 else ''}. "
                "Ouvrez le classeur dans votre tableur et enregistrez-le."
            )
        sheet.reset_dimensions()  # what the file says of its size may be false
        grid = _spread(enumerate(sheet.iter_rows(values_only=True), 1), merged)
        try:
            return make_table(grid, kind="xlsx", notes=notes, sheet=sheet.title, sheets=names)
        except UnreadableTable as found:
            problem = problem or found
    raise problem or UnreadableTable(BROKEN)


def _asked(sheets, asked: str, name_of) -> list:
    wanted = [sheet for sheet in sheets if name_of(sheet) == asked]
    if asked and not wanted:
        raise UnreadableTable(
            f"La feuille « {asked} » n’existe pas. Feuilles : {', '.join(name_of(sheet) for sheet in sheets)}."
        )
    return wanted or list(sheets)


def _marks(archive: zipfile.ZipFile, path: str) -> tuple[dict[tuple[int, int], tuple[int, int]], list[str]]:
    """What the rows do not say: merged cells, by each covered cell the one that speaks for it; formulas without value."""
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    never: list[str] = []
    with archive.open(path) as stream:
        for piece in _pieces(stream):
            never += [cell.decode() for cell in _NEVER.findall(piece)]
            for left, top, right, bottom in _MERGE.findall(piece):
                columns, rows = range(_number(left), _number(right) + 1), range(int(top), int(bottom) + 1)
                if len(columns) > MAX_COLUMNS or len(merged) + len(columns) * len(rows) > ENOUGH:
                    continue
                for row in rows:
                    for column in columns:
                        merged[row, column] = (int(top), _number(left))
    return merged, list(dict.fromkeys(never))


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """A long document in pieces that overlap, so that no mark is cut."""
    kept = b""
    while chunk := stream.read(1 << 20):
        yield kept + chunk
        kept = chunk[-400:]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _spread(rows, merged: dict[tuple[int, int], tuple[int, int]]) -> Iterator[tuple[int, list[object]]]:
    """Each row; merged cells repeat their value downwards, as a reader sees them; sideways they are one cell."""
    known: dict[tuple[int, int], object] = {}
    speaking = set(merged.values())
    for number, row in rows:
        cells = list(row)
        for column in range(len(cells)):
            place = (number, column)
            if place in speaking:
                known[place] = cells[column]
            elif (origin := merged.get(place)) is not None and origin[1] == column and origin in known:
                cells[column] = known[origin]
        yield number, cells


def _ods(archive: zipfile.ZipFile, asked: str) -> Table:
    sheets: list[str] = []
    tables: dict[str, list[tuple[int, list[object]]]] = {}
    with archive.open("content.xml") as stream:
        name, number = "", 0
        held: dict[int, tuple[int, object]] = {}
        for event, element in iterparse(stream, ("start", "end")):  # noqa: S314 - no DOCTYPE: `weigh`
            if event == "start":
                if element.tag == f"{_TABLE}table":
                    name, number, held = element.get(f"{_TABLE}name", ""), 0, {}
                    sheets.append(name)
                    tables[name] = []
                continue
            if element.tag == f"{_TABLE}table-row":
                times = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
                cells = _ods_cells(element, held)
                if any(cell not in (None, "") for cell in cells):
                    for again in range(min(times, ENOUGH)):
                        tables[name].append((number + again + 1, cells))
                    if len(tables[name]) > ENOUGH:
                        raise UnreadableTable(f"La feuille « {name} » a plus de {MAX_ROWS} lignes.")
                number += times
                element.clear()
            elif element.tag == f"{_TABLE}table":
                element.clear()
    if not sheets:
        raise UnreadableTable("Ce classeur n’a aucune feuille.")
    problem: UnreadableTable | None = None
    for one in _asked(sheets, asked, str):
        try:
            return make_table(tables[one], kind="ods", sheet=one, sheets=tuple(sheets))
        except UnreadableTable as found:
            problem = problem or found
    raise problem or UnreadableTable(BROKEN)


def _ods_cells(row: Element, held: dict[int, tuple[int, object]]) -> list[object]:
    """The cells of a row; one merged downwards repeats its value over the rows it covers (`held`)."""
    cells: list[object] = []
    for cell in row:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        times = min(int(cell.get(f"{_TABLE}number-columns-repeated", "1")), MAX_COLUMNS + 1)
        value = _ods_value(cell) if cell.tag.endswith("}table-cell") else None
        for _ in range(times):
            column = len(cells)
            if column > MAX_COLUMNS and value in (None, ""):
                break
            rows, kept = held.get(column, (0, None))
            if rows and value is None:
                cells.append(kept)
                held[column] = (rows - 1, kept)
            else:
                cells.append(value)
                below = int(cell.get(f"{_TABLE}number-rows-spanned", "1")) - 1
                held[column] = (min(below, ENOUGH), value)
    return cells


def _ods_value(cell: Element) -> object:
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind in {"float", "percentage", "currency"}:
        return float(cell.get(f"{_OFFICE}value", "nan"))
    if kind == "date":
        return cell.get(f"{_OFFICE}date-value", "").replace("T00:00:00", "").replace("T", " ")
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    said = ["".join(_spoken(p)) for p in cell.iter(f"{_TEXT}p")]
    return "\n".join(said) or None


def _spoken(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield " " * min(int(child.get(f"{_TEXT}c", "1")), 1000)
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        else:
            yield from _spoken(child)
        yield child.tail or ""
