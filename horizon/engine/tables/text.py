"""Tables written as text: which alphabet, which separator."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator

from horizon.engine.tables.shape import MAX_CELL, Table, UnreadableTable, make_table

SEPARATORS = (";", ",", "\t", "|")
NAMES = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre", "": "aucun"}
# Old files in French come from Windows, from a Mac or from DOS; each reads the others' accents as other signs.
OLD = ("cp1252", "mac_roman", "cp850")
FRENCH = frozenset("éèêëàâäçîïôöùûüœÉÈÊËÀÂÇÎÏÔÙÛŒ’‘“”«»–—…€°\xa0")
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
LOOK = 40


def decode(data: bytes) -> tuple[str, str, int]:
    """(text, encoding, signs that could not be read). UTF-8 when it is whole UTF-8; else the old French alphabet whose
    accents look most French; NUL bytes are dropped and counted.

    >>> decode("Café à Vouillé".encode("cp1252"))[:2], decode("Café".encode())[:2]
    (('Café à Vouillé', 'cp1252'), ('Café', 'utf-8'))
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            text = data.decode(encoding, "replace").lstrip("\ufeff")
            return text.replace("\0", ""), encoding, text.count("\ufffd") + text.count("\0")
    try:
        text, encoding = data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = max(
            ((data.decode(old, "replace"), old) for old in OLD), key=lambda read: _french(read[0])
        )
        whole = data.decode("utf-8", "replace")
        if whole.count("\ufffd") * 20 < sum(1 for letter in whole if letter in FRENCH):
            text, encoding = whole, "utf-8"  # a file in UTF-8 with a few damaged bytes
    lost = text.count("\ufffd") + text.count("\0")
    return text.replace("\0", ""), encoding, lost


def _french(text: str) -> int:
    odd = [letter for letter in text if letter > "\x7f"]
    return sum(1 if letter in FRENCH else -1 for letter in odd)


def find_separator(text: str) -> str:
    """The separator that cuts the first lines in the same number of cells, the greatest; empty for one column.

    >>> find_separator('Nom;Objet\\nA;"un, deux; trois"\\nB;x'), find_separator("Nom\\nA, B\\nC")
    (';', '')
    """
    best, found = (0.0, 0), ""
    for separator in SEPARATORS:
        widths = []
        try:
            for number, row in enumerate(_rows(text, separator)):
                if any(row):
                    widths.append(len(row))
                if number >= LOOK:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        width, times = Counter(widths).most_common(1)[0]
        if width == 1:
            wide = [w for w in widths if w > 1]
            if 2 * len(wide) < len(widths) or not wide:
                continue
            width, times = Counter(wide).most_common(1)[0]
        score = (times / len(widths), width)
        if score > best:
            best, found = score, separator
    return found


def read_text(data: bytes) -> Table:
    """A table written as text (CSV, TSV, or cells pasted from a spreadsheet)."""
    text, encoding, lost = decode(data)
    separator = find_separator(text)
    notes = (
        [f"{lost} signe{'s' if lost > 1 else ''} illisible{'s' if lost > 1 else ''} dans le fichier."]
        if lost
        else []
    )
    try:
        return make_table(
            _numbered(text, separator or ";"), kind="csv", notes=notes, encoding=encoding, separator=separator
        )
    except csv.Error as problem:
        raise UnreadableTable(
            f"Ce texte ne se lit pas comme un tableau ({problem}). Un guillemet ouvert et jamais fermé, peut-être ?"
        ) from problem


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(max(csv.field_size_limit(), 40 * MAX_CELL))
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _numbered(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number that a spreadsheet gives it: cells on several lines count for one."""
    yield from enumerate(_rows(text, separator), 1)
