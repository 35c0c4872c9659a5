"""The selection as an array of positions, small enough for a phone.

Format, little-endian: 4 bytes `HCP1`; count n (uint32); south, west, north, east (float32, degrees); n longitudes then
n latitudes as uint16 over the box (65,535 steps: under 2 m across Grand Poitiers); n × uint16 low halves of the ordinals'
differences. An entry without a public place stands at its commune's centroid: the home rule holds here too.
"""

from __future__ import annotations

import struct
from array import array
from math import isnan

from horizon.directory.catalogue import Catalogue

MAGIC = b"HCP1"
STEPS = 65_535


def pack(entries: Catalogue, ordinals: list[int]) -> bytes:
    """Six bytes per entry after a header of 24; entries whose commune has no known centroid are left out."""
    points = []
    for ordinal in ordinals:
        lat, lon = entries.lat[ordinal], entries.lon[ordinal]
        if isnan(lat):
            commune = entries.communes[entries.commune_codes[ordinal]]
            if commune.lat is None:
                continue
            lat, lon = commune.lat, commune.lon
        points.append((ordinal, lat, lon))
    if not points:
        return MAGIC + struct.pack("<I4f", 0, 0, 0, 0, 0)
    lats, lons = [lat for _, lat, _ in points], [lon for _, _, lon in points]
    south, north, west, east = min(lats), max(lats), min(lons), max(lons)
    across, up = max(east - west, 1e-9), max(north - south, 1e-9)
    steps = array("H", (round((lon - west) / across * STEPS) for lon in lons))
    steps.extend(round((lat - south) / up * STEPS) for lat in lats)
    gaps, previous = array("H"), 0
    for ordinal, _, _ in points:
        gaps.append((ordinal - previous) & 0xFFFF)
        previous = ordinal
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        steps.byteswap()
        gaps.byteswap()
    return (
        MAGIC + struct.pack("<I4f", len(points), south, west, north, east) + steps.tobytes() + gaps.tobytes()
    )
