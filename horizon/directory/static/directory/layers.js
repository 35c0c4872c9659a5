// What the map is made of, in MapLibre's terms: no tile, no glyph server, no sprite: everything comes from this page.

const TITLE = ["Brygada", "Georgia", "serif"], TEXT = ["Franklin", "Arial", "sans-serif"];
const LARGE = [">", ["get", "population"], 12000], SMALLER = ["<=", ["get", "population"], 50000];
export const CLUSTERED_UNTIL = 15;

export const EMPTY_STYLE = { version: 8, sources: {}, layers: [] };

/** The sources: communes, entries (clustered), counts of those shown at their commune. */
export function sources({ communes, points, counts }) {
  return {
    communes: { type: "geojson", data: communes },
    points: { type: "geojson", data: points, cluster: true, clusterRadius: 46, clusterMaxZoom: CLUSTERED_UNTIL },
    counts: { type: "geojson", data: counts },
  };
}

/** The layers in drawing order. `tinted`: whether communes have a class. */
export function layers(colours, tinted) {
  const shade = ["match", ["get", "shade"], 1, colours.shades[1], 2, colours.shades[2], 3, colours.shades[3], 4,
    colours.shades[4], 5, colours.shades[5], colours.shades[0]];
  const named = {
    "text-field": ["get", "name"], "text-font": TITLE, "text-anchor": "bottom",
    "symbol-sort-key": ["-", 0, ["get", "population"]],
  };
  const haloed = { "text-color": colours.ink, "text-halo-color": colours.paper, "text-halo-width": 2 };
  const found = [
    { id: "sea", type: "background", paint: { "background-color": colours.paper } },
    { id: "communes", type: "fill", source: "communes", paint: { "fill-color": shade, "fill-antialias": false } },
  ];
  if (tinted) {
    found.push({
      id: "hatches", type: "fill", source: "communes", filter: [">", ["get", "shade"], 1],
      paint: { "fill-pattern": ["concat", "hatch", ["to-string", ["get", "shade"]]] },
    });
  }
  found.push(
    { id: "borders", type: "line", source: "communes", paint: { "line-color": colours.ink2, "line-width": 0.9 } },
    {
      id: "names", type: "symbol", source: "counts",
      filter: ["step", ["zoom"], ["all", LARGE, SMALLER], 10.2, ["all", [">", ["get", "population"], 3000], SMALLER], 11, SMALLER],
      layout: { ...named, "text-size": ["step", ["get", "population"], 15, 12000, 17], "text-offset": [0, -0.1] },
      paint: haloed,
    },
    {
      id: "counts", type: "symbol", source: "counts", filter: [">", ["get", "count"], 0],
      layout: {
        "icon-image": "plate", "icon-text-fit": "both", "icon-text-fit-padding": [2, 4, 2, 4], "icon-padding": 0,
        "text-field": ["to-string", ["get", "count"]], "text-font": TEXT, "text-size": 12, "text-padding": 0,
        "text-variable-anchor": ["top", "bottom", "right", "left", "top-right", "top-left"],
        "text-radial-offset": ["step", ["get", "population"], 1.7, 50000, 3],
        "symbol-sort-key": ["-", 0, ["get", "count"]],
      },
      paint: { "text-color": colours.ink },
    },
    {
      id: "points", type: "symbol", source: "points", filter: ["!", ["has", "point_count"]],
      layout: {
        "icon-image": ["concat", "door", ["to-string", ["get", "d"]]], "icon-allow-overlap": true,
      },
    },
    {
      // Under the clusters, hence placed after them: it goes where none is, and overlaps only when all is taken.
      id: "main-name", type: "symbol", source: "counts", filter: ["!", SMALLER],
      layout: {
        "text-field": ["get", "name"], "text-font": TITLE, "text-size": 23, "text-allow-overlap": true,
        "text-variable-anchor": ["bottom", "top", "bottom-left", "bottom-right", "left", "right"], "text-radial-offset": 1.4,
      },
      paint: haloed,
    },
    {
      id: "clusters", type: "circle", source: "points", filter: ["has", "point_count"],
      paint: {
        "circle-color": colours.ink, "circle-stroke-color": colours.paper, "circle-stroke-width": 2,
        "circle-radius": ["step", ["get", "point_count"], 14, 10, 17, 100, 22, 1000, 28],
      },
    },
    {
      id: "clustered", type: "symbol", source: "points", filter: ["has", "point_count"],
      layout: {
        "text-field": ["to-string", ["get", "point_count"]], "text-font": TEXT, "text-size": 13,
        // The circle takes no part in placement: room is kept around its number, so that names and plates avoid it.
        "text-allow-overlap": true, "text-ignore-placement": false, "text-padding": 17,
      },
      paint: { "text-color": colours.paper },
    },
  );
  return found;
}
