"""The selection as an array of positions, small enough for a phone.

Format, little-endian: 4 bytes `HCP2`; count n (uint32); south, west, north, east (float32, degrees); n longitudes then
n latitudes as uint16 over the box (65,535 steps: under 2 m across Grand Poitiers); n marks as uint16: bits 0 to 3 the
first door (1 to 8 in the order of the doors, 0 undecided), bit 4 « shown at its commune », bits 5 to 15 the rank of the
commune in the GeoJSON of communes (2,047: unknown). Positions follow the alphabet: the place of an entry in the array is
how `/annuaire/fiches` is asked about it.

An entry without a public place stands at its commune's centroid and is marked: the home rule holds here too.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Mapping
from math import isnan

from horizon.directory.catalogue import Catalogue

MAGIC = b"HCP2"
STEPS = 65_535
AT_COMMUNE = 1 << 4
UNKNOWN = 2047


def placed(entries: Catalogue, ordinals: list[int]) -> list[int]:
    """The ordinals that have a position: those whose commune has no known centroid are left out."""
    nowhere = {code for code, commune in entries.communes.items() if commune.lat is None}
    if not nowhere:
        return ordinals
    return [n for n in ordinals if not isnan(entries.lat[n]) or entries.commune_codes[n] not in nowhere]


def pack(entries: Catalogue, ordinals: list[int], ranks: Mapping[str, int]) -> bytes:
    """Six bytes per entry of `placed` after a header of 24. `ranks`: the rank of each commune's code."""
    lats, lons, marks = array("d"), array("d"), array("H")
    for ordinal in ordinals:
        lat, lon = entries.lat[ordinal], entries.lon[ordinal]
        code = entries.commune_codes[ordinal]
        mark = min(ranks.get(code, UNKNOWN), UNKNOWN) << 5 | entries.first_doors[ordinal]
        if isnan(lat):
            commune = entries.communes[code]
            lat, lon = commune.lat, commune.lon  # type: ignore[assignment] # `placed` left the others out
            mark |= AT_COMMUNE
        lats.append(lat)
        lons.append(lon)
        marks.append(mark)
    if not marks:
        return MAGIC + struct.pack("<I4f", 0, 0, 0, 0, 0)
    south, north, west, east = min(lats), max(lats), min(lons), max(lons)
    across, up = max(east - west, 1e-9), max(north - south, 1e-9)
    steps = array("H", (round((lon - west) / across * STEPS) for lon in lons))
    steps.extend(round((lat - south) / up * STEPS) for lat in lats)
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        steps.byteswap()
        marks.byteswap()
    return (
        MAGIC + struct.pack("<I4f", len(lats), south, west, north, east) + steps.tobytes() + marks.tobytes()
    )
