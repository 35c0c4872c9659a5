"""One door for every format: what the bytes are decides, never the name of the file."""

from __future__ import annotations

from horizon.engine.tables.objects import read_objects
from horizon.engine.tables.shape import MAX_BYTES, Table, UnreadableTable
from horizon.engine.tables.sheets import read_sheets
from horizon.engine.tables.text import read_text

OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def read_table(data: bytes, sheet: str = "") -> Table:
    """The table that a file holds. Raises UnreadableTable, with what to do.

    >>> read_table("Nom;Commune\\nLe Tilleul;Lusignan\\n".encode()).lines[0].cells
    ('Le Tilleul', 'Lusignan')
    """
    if not data.strip():
        raise UnreadableTable("Ce fichier est vide.")
    if len(data) > MAX_BYTES:
        raise UnreadableTable(
            f"Ce fichier fait {len(data) / 1e6:.0f} Mo : {MAX_BYTES // 1_000_000} Mo au plus. Ne gardez que la feuille utile."
        )
    if data.startswith(b"PK"):
        return read_sheets(data, sheet)
    if data.startswith(OLD_WORKBOOK):
        raise UnreadableTable(
            "C’est un ancien classeur (.xls), ou un classeur protégé par un mot de passe : enregistrez-le en .xlsx ou .ods."
        )
    start = data[:2000].lstrip(b"\xef\xbb\xbf").lstrip()
    if start[:1] in {b"{", b"["}:
        return read_objects(data)
    if start[:100].lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise UnreadableTable(
            "C’est une page web, pas un tableau : téléchargez le fichier lui-même (csv, xlsx, ods)."
        )
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"GIF8")):
        raise UnreadableTable(
            "C’est un document ou une image, pas un tableau : il faut csv, xlsx, ods, geojson ou json."
        )
    return read_text(data)
