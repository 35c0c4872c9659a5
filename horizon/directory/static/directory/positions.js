// Reads the array of positions (format HCP2, see positions.py) into what the map draws.

const AT_COMMUNE = 1 << 4;

/** `points`: GeoJSON of the entries with a public place, `r` their place in the array, `d` their first door (0: undecided);
 * `atCommunes`: for each commune's rank, the places of the entries shown at it; `box`: west, south, east, north, or null. */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, false) !== 0x48435032) throw new Error("positions: unknown format");
  const count = view.getUint32(4, true);
  const [south, west, north, east] = [8, 12, 16, 20].map((at) => view.getFloat32(at, true));
  const across = (east - west) / 65535, up = (north - south) / 65535;
  const features = [], atCommunes = new Map();
  for (let r = 0; r < count; r++) {
    const mark = view.getUint16(24 + 4 * count + 2 * r, true);
    if (mark & AT_COMMUNE) {
      const rank = mark >> 5;
      if (!atCommunes.has(rank)) atCommunes.set(rank, []);
      atCommunes.get(rank).push(r);
      continue;
    }
    const lon = west + across * view.getUint16(24 + 2 * r, true);
    const lat = south + up * view.getUint16(24 + 2 * count + 2 * r, true);
    features.push({
      type: "Feature",
      properties: { r, d: mark & 15 },
      geometry: { type: "Point", coordinates: [lon, lat] },
    });
  }
  return { points: { type: "FeatureCollection", features }, atCommunes, box: count ? [west, south, east, north] : null };
}
