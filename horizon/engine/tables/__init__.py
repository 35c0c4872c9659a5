"""Which table is this? Any CSV, XLSX, ODS, GeoJSON or JSON that somebody has, read as headers and lines of text.

Everything that is left out is said in `Table.notes`; what cannot be read raises `UnreadableTable`, in French.
"""

from horizon.engine.tables.reading import read_table
from horizon.engine.tables.shape import MAX_BYTES, MAX_ROWS, Line, Table, UnreadableTable

__all__ = ["MAX_BYTES", "MAX_ROWS", "Line", "Table", "UnreadableTable", "read_table"]
