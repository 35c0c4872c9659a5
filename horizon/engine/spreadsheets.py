"""What a spreadsheet may be given: a cell that it would run as a formula (CWE-1236) gets an apostrophe."""

from __future__ import annotations

from typing import TypeVar

FORMULA = frozenset("=+-@\t\r")
Cell = TypeVar("Cell")


def harmless(value: Cell) -> Cell | str:
    """A cell that is read and never run; what is no text is given back as it is.

    >>> harmless("=HYPERLINK(1)"), harmless("Tilleul"), harmless(""), harmless(-3)
    ("'=HYPERLINK(1)", 'Tilleul', '', -3)
    """
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA and value else value
