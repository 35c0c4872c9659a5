"""One file per format: each writes records as they come, so that none holds a territory in memory."""

from horizon.opendata.formats.geojson import GeoJson
from horizon.opendata.formats.gogocarto import GoGoCarto
from horizon.opendata.formats.inclusion import Inclusion
from horizon.opendata.formats.jsonld import JsonLd
from horizon.opendata.formats.tabular import Csv, Lines, parquet

__all__ = ["Csv", "GeoJson", "GoGoCarto", "Inclusion", "JsonLd", "Lines", "parquet"]
