// The map beside a list (carte compagne). Without it the page says the same: the list, the drawn map, the table.

import { decode } from "./positions.js";
import { images, palette } from "./plates.js";
import { CLUSTERED_UNTIL, EMPTY_STYLE, layers, sources } from "./layers.js";

const AT_ONCE = 30, NEAR = 44;
const LOCALE = {
  "Map.Title": "Carte : flèches pour se déplacer, + et − pour se rapprocher ou s’éloigner, Entrée pour lire ce qui est au centre",
  "NavigationControl.ZoomIn": "Se rapprocher",
  "NavigationControl.ZoomOut": "S’éloigner",
  "ScaleControl.Feet": "pi", "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km", "ScaleControl.Miles": "mi",
  "CooperativeGesturesHandler.WindowsHelpText": "Ctrl et molette pour se rapprocher",
  "CooperativeGesturesHandler.MacHelpText": "⌘ et molette pour se rapprocher",
  "CooperativeGesturesHandler.MobileHelpText": "Deux doigts pour déplacer la carte",
};
const root = document.getElementById("map");
const note = document.getElementById("map-note");

function say(text) {
  note.textContent = text;
  note.hidden = !text;
}

function hasWebGL() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

async function get(path, parameters = "") {
  const answer = await fetch(`${path}?${parameters}edition=${encodeURIComponent(root.dataset.edition)}`);
  if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
  return answer;
}

const figure = new Intl.NumberFormat("fr-FR");
const plural = (count, one, many) => `${figure.format(count)} ${count >= 2 ? many : one}`;
const selection = () => (root.dataset.query.length > 1 ? `${root.dataset.query.slice(1)}&` : "");

/** Everything that the map shows, from three answers of this site. */
async function load() {
  const [communes, buffer] = await Promise.all([
    get(root.dataset.communes).then((answer) => answer.json()),
    get(root.dataset.positions, selection()).then((answer) => answer.arrayBuffer()),
  ]);
  const found = decode(buffer);
  const shades = root.dataset.shades.split(",").map(Number);
  const counts = { type: "FeatureCollection", features: [] };
  communes.features.forEach((commune, rank) => {
    const { name, population, at } = commune.properties;
    commune.properties.shade = shades[rank] || 0;
    const count = (found.atCommunes.get(rank) || []).length;
    counts.features.push({
      type: "Feature", properties: { rank, name, population: population || 0, count },
      geometry: { type: "Point", coordinates: at },
    });
  });
  return { communes, counts, ...found, tinted: shades.some(Boolean) };
}

/** West, south, east, north of the whole territory. */
function around(communes) {
  const box = [180, 90, -180, -90];
  for (const commune of communes.features) {
    for (const [ring] of commune.geometry.coordinates) {
      for (const [lon, lat] of ring) {
        box[0] = Math.min(box[0], lon); box[1] = Math.min(box[1], lat);
        box[2] = Math.max(box[2], lon); box[3] = Math.max(box[3], lat);
      }
    }
  }
  return box;
}

async function open() {
  if (!hasWebGL()) {
    say("La carte mobile demande WebGL, que ce navigateur n’offre pas : la carte dessinée et la liste disent la même chose.");
    return;
  }
  say("La carte arrive…");
  const [library, found] = await Promise.all([
    import("./vendor/maplibre-gl/maplibre-gl.mjs"), load(), document.fonts.load("600 16px Franklin"),
    document.fonts.load("500 16px Brygada"),
  ]);
  library.setWorkerUrl(new URL(root.dataset.worker, location.href).href);
  root.hidden = false;
  root.closest("section").classList.add("live");
  const territory = around(found.communes);
  const narrowed = new URLSearchParams(root.dataset.query).has("commune") && found.box;
  const map = new library.Map({
    container: root, style: EMPTY_STYLE, locale: LOCALE, bounds: narrowed || territory, attributionControl: false,
    fitBoundsOptions: { padding: 24, maxZoom: 14 }, cooperativeGestures: true, dragRotate: false, pitchWithRotate: false,
    maxPitch: 0, maxZoom: 18, fadeDuration: 0,
    maxBounds: [[territory[0] - 0.4, territory[1] - 0.3], [territory[2] + 0.4, territory[3] + 0.3]],
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
  const dress = async () => {
    const colours = palette(root.dataset.doors.split(","));
    const drawn = await images(colours);
    for (const [name, pixels, options] of drawn) {
      if (map.hasImage(name)) map.updateImage(name, pixels);
      else map.addImage(name, pixels, options);
    }
    for (const layer of map.getStyle().layers.map(({ id }) => id)) map.removeLayer(layer);
    for (const [id, source] of Object.entries(sources(found))) if (!map.getSource(id)) map.addSource(id, source);
    for (const layer of layers(colours, found.tinted)) map.addLayer(layer);
  };
  await map.once("load");
  await dress();
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", dress);
  }
  listen(map, found);
  await map.once("idle");
  say("");
  document.getElementById("map-keys").hidden = false;
  root.dataset.ready = "1";
}

const SHOWN = ["points", "clusters", "counts"];

function listen(map, found) {
  const act = (at, byKeyboard) => reveal(map, found, at, byKeyboard).catch(failed);
  map.on("click", (event) => act(event.point, false));
  map.on("mousemove", (event) => {
    map.getCanvas().style.cursor = map.queryRenderedFeatures(event.point, { layers: SHOWN }).length ? "pointer" : "";
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    act(map.project(map.getCenter()), true);
  });
  const details = document.getElementById("map-details");
  const close = () => {
    details.hidden = true;
    map.getCanvas().focus();
  };
  details.querySelector("button").addEventListener("click", close);
  details.addEventListener("keydown", (event) => event.key === "Escape" && close());
}

/** What is under a point of the screen, or near the centre for the keyboard: the nearest, else the commune. */
async function reveal(map, found, at, byKeyboard) {
  const reach = byKeyboard ? NEAR : 4;
  const box = [[at.x - reach, at.y - reach], [at.x + reach, at.y + reach]];
  const away = (feature) => {
    const { x, y } = map.project(feature.geometry.coordinates);
    return Math.hypot(x - at.x, y - at.y);
  };
  const [feature] = map.queryRenderedFeatures(box, { layers: SHOWN }).sort((a, b) => away(a) - away(b));
  if (!feature) {
    const [commune] = map.queryRenderedFeatures(at, { layers: ["communes"] });
    if (commune) await ofCommune(found, commune.id, byKeyboard);
    return;
  }
  if (feature.layer.id === "counts") {
    await ofCommune(found, feature.properties.rank, byKeyboard);
  } else if (feature.layer.id === "points") {
    await show("Une structure ici", "", [feature.properties.r], "", byKeyboard);
  } else {
    const source = map.getSource("points"), { cluster_id: id, point_count: count } = feature.properties;
    const zoom = await source.getClusterExpansionZoom(id);
    if (zoom <= CLUSTERED_UNTIL) {
      map.easeTo({ center: feature.geometry.coordinates, zoom });
      return;
    }
    const leaves = await source.getClusterLeaves(id, AT_ONCE, 0);
    const ranks = leaves.map((leaf) => leaf.properties.r).sort((a, b) => a - b);
    await show(plural(count, "structure ici", "structures ici"), "", ranks, "", byKeyboard, count);
  }
}

async function ofCommune(found, rank, byKeyboard) {
  const { code, name } = found.communes.features[rank].properties;
  const ranks = found.atCommunes.get(rank) || [];
  const said = ranks.length
    ? plural(ranks.length, "structure montrée à sa commune, sans adresse.", "structures montrées à leur commune, sans adresse.")
    : "Aucune structure de cette sélection n’y est montrée sans adresse.";
  const address = new URLSearchParams(root.dataset.query);
  for (const gone of ["rayon", "page"]) address.delete(gone);
  address.set("commune", code);
  await show(name, said, ranks.slice(0, AT_ONCE), `${root.dataset.list}?${address}#h-l`, byKeyboard, ranks.length, name);
}

/** The rows of some entries under the map, drawn by the site. */
async function show(title, said, ranks, href, byKeyboard, count = ranks.length, where = "") {
  const details = document.getElementById("map-details"), line = details.querySelector("p.src");
  const rows = ranks.length ? await (await get(root.dataset.cards, `${selection()}rangs=${ranks.join(",")}&`)).text() : "";
  details.querySelector("h3").textContent = title;
  line.textContent = said + (count > ranks.length ? ` Les ${ranks.length} premières sont ici. ` : " ");
  if (href) {
    const link = document.createElement("a");
    [link.href, link.textContent] = [href, `La liste de ${where}`];
    line.append(link);
  }
  details.querySelector("ol").innerHTML = rows;
  details.hidden = false;
  if (byKeyboard) details.querySelector("h3").focus();
  else details.scrollIntoView({ block: "nearest" });
}

function failed(problem) {
  say(problem.status === 409
    ? "L’annuaire vient d’être mis à jour : rechargez la page."
    : "Ces fiches n’ont pas pu être lues. Vérifiez le réseau et réessayez ; la liste reste là.");
}

function stay(problem) {
  console.warn(problem);
  root.hidden = true;
  root.closest("section").classList.remove("live");
  say("La carte mobile n’a pas pu s’ouvrir : la carte dessinée et la liste disent la même chose.");
}

if (root) open().catch(stay);
