"""From a grid of cells to a table: where the headers are, which lines say something, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from horizon.engine.folding import fold

MAX_BYTES = 20_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 120
MAX_CELL = 10_000
LOOK_FOR_HEADERS = 20
LAST_ROW = 1_048_576


class UnreadableTable(ValueError):
    """A file that cannot be read as a table; the message is French and says what to do."""


@dataclass(frozen=True)
class Line:
    """One line: its number as a spreadsheet shows it (1 is the first of the file), and its cells, as text."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table: its columns, its lines, how it was read, and what was left out."""

    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    kind: str
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def digest(self) -> str:
        """What tells this table from another, whatever the format and the day it was saved."""
        said = json.dumps([self.headers, [line.cells for line in self.lines]], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()

    def column(self, number: int) -> list[str]:
        """The cells of a column."""
        return [line.cells[number] for line in self.lines]


def as_text(value: object) -> str:
    """A cell as text: whole numbers without a comma, dates as AAAA-MM-JJ, yes and no in French, edges trimmed.

    >>> [as_text(v) for v in (86000.0, 3.5, date(2024, 1, 2), True, None, " a b ")]
    ['86000', '3.5', '2024-01-02', 'oui', '', 'a b']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    text = str(value).replace("\xa0", " ").replace("\u202f", " ").replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter for letter in text if letter in "\n\t" or letter.isprintable())
    return kept.replace("\t", " ").strip()


def make_table(
    grid: Iterable[tuple[int, Sequence[object]]], *, kind: str, notes: Sequence[str] = (), **how
) -> Table:
    """Finds the line of headers, drops the lines that say nothing, gives every column its own name.

    `grid` yields (number of the line, cells). Raises UnreadableTable for what is too big, or says nothing.
    """
    rows: list[tuple[int, list[str]]] = []
    for number, cells in grid:
        if number > LAST_ROW:
            raise UnreadableTable(
                f"Ce tableau dit avoir plus de {LAST_ROW} lignes : enregistrez en CSV ce qui est utile."
            )
        texts = [as_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if len(texts) > MAX_COLUMNS:
            raise UnreadableTable(
                f"La ligne {number} a {len(texts)} colonnes : {MAX_COLUMNS} au plus. Ne gardez que les colonnes utiles."
            )
        for column, text in enumerate(texts, 1):
            if len(text) > MAX_CELL:
                raise UnreadableTable(
                    f"Ligne {number}, colonne {column} : une cellule de {len(text)} caractères ({MAX_CELL} au plus). "
                    "Un guillemet ouvert et jamais fermé, peut-être ?"
                )
        rows.append((number, texts))
        if len(rows) > MAX_ROWS + LOOK_FOR_HEADERS:
            raise UnreadableTable(
                f"Ce tableau a plus de {MAX_ROWS} lignes : coupez-le en plusieurs fichiers."
            )
    at = find_headers([texts for _, texts in rows[:LOOK_FOR_HEADERS]])
    if at is None or len(rows) == at + 1:
        raise UnreadableTable("Ce tableau n’a aucune ligne sous ses titres de colonnes.")
    if len(rows) - at - 1 > MAX_ROWS:
        raise UnreadableTable(f"Ce tableau a plus de {MAX_ROWS} lignes : coupez-le en plusieurs fichiers.")
    width = max(len(texts) for _, texts in rows[at:])
    headers, renamed = name_columns(rows[at][1], width)
    said = list(notes)
    if at:
        said.append(
            f"{at} ligne{'s' if at > 1 else ''} au-dessus des titres de colonnes : laissée{'s' if at > 1 else ''} de côté."
        )
    empty = rows[-1][0] - rows[0][0] + 1 - len(rows)
    if empty:
        said.append(f"{empty} ligne{'s' if empty > 1 else ''} vide{'s' if empty > 1 else ''}.")
    said += renamed
    lines = tuple(
        Line(number, tuple(texts + [""] * (width - len(texts)))) for number, texts in rows[at + 1 :]
    )
    return Table(headers=headers, lines=lines, kind=kind, notes=tuple(said), **how)


def find_headers(rows: Sequence[Sequence[str]]) -> int | None:
    """The line of headers among the first ones: the first that fills at least half of the widest line with words.

    A title above the table fills one cell; a line of figures is no header. None for an empty table.

    >>> find_headers([["Liste 2026"], ["Nom", "Commune", "SIREN"], ["Le Tilleul", "Lusignan", "552013500"]])
    1
    """
    if not rows:
        return None
    width = max(sum(1 for cell in row if cell) for row in rows)
    for number, row in enumerate(rows):
        filled = [cell for cell in row if cell]
        if (
            2 * len(filled) >= width
            and (width == 1 or len(filled) > 1)
            and not any(_figure(c) for c in filled)
        ):
            return number
    return 0


def _figure(cell: str) -> bool:
    return bool(cell) and not any(letter.isalpha() for letter in cell)


def name_columns(cells: Sequence[str], width: int) -> tuple[tuple[str, ...], list[str]]:
    """A name of its own for each column, and what was renamed.

    >>> name_columns(["Nom", "Tél", "Tél", ""], 4)[0]
    ('Nom', 'Tél', 'Tél (2)', 'Colonne 4')
    """
    names: list[str] = []
    notes = []
    taken: set[str] = set()
    for number in range(width):
        said = " ".join(cells[number].split())[:120] if number < len(cells) else ""
        name = said or f"Colonne {number + 1}"
        again, unique = 2, name
        while unique in taken:
            unique, again = f"{name} ({again})", again + 1
        if unique != said:
            notes.append(
                f"La colonne {number + 1} n’a pas de titre : elle s’appelle « {unique} »."
                if not said
                else f"Le titre « {said} » est répété : la colonne {number + 1} s’appelle « {unique} »."
            )
        taken.add(unique)
        names.append(unique)
    return tuple(names), notes


def headers_key(headers: Iterable[str]) -> str:
    """What makes two tables look alike: the set of their headers, whatever their order, case and accents.

    >>> headers_key(["Nom", "Code postal"]) == headers_key(["CODE POSTAL", "nom"])
    True
    """
    return "\n".join(sorted({fold(header) for header in headers}))
