// The atlas's plates for the map: colours read from the style sheet (light or dark), hatches and door icons drawn from the
// same symbols as the rest of the site.

const RATIO = 2;
const SVG = "http://www.w3.org/2000/svg";

function canvas(width, height = width) {
  const element = document.createElement("canvas");
  [element.width, element.height] = [width, height];
  return element.getContext("2d", { willReadFrequently: true });
}

/** A function that gives any colour of the style sheet, `var()` and `color-mix()` included, as `rgba()`. */
function reader() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const pen = canvas(1);
  return (css) => {
    probe.style.color = css;
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = getComputedStyle(probe).color;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return `rgba(${r},${g},${b},${a / 255})`;
  };
}

/** Every colour that the map uses, today. `doors`: the codes in order. */
export function palette(doors) {
  const read = reader();
  const water = (share) => read(`color-mix(in oklab, var(--water) ${share}%, var(--paper))`);
  return {
    paper: read("var(--paper)"), raised: read("var(--raised)"), ink: read("var(--ink)"), ink2: read("var(--ink-2)"),
    shades: [read("var(--raised)"), read("var(--paper)"), water(12), water(26), water(42), water(62)],
    doors: doors.map((code) => ({ code, line: read(`var(--${code})`), plate: read(`var(--${code}-t)`) })),
  };
}

/** Every image of the map: [name, pixels, options]. */
export async function images(colours) {
  const found = [[2, 16], [3, 11], [4, 8], [5, 5]].map(([shade, pitch]) => [
    `hatch${shade}`, hatch(pitch * RATIO, colours.ink), { pixelRatio: RATIO },
  ]);
  found.push(["door0", undecided(colours), { pixelRatio: RATIO }]);
  const icons = await Promise.all(colours.doors.map((door) => doorIcon(door, colours)));
  icons.forEach((pixels, at) => found.push([`door${at + 1}`, pixels, { pixelRatio: RATIO }]));
  found.push(["plate", plate(colours), {
    pixelRatio: RATIO, stretchX: [[8, 24]], stretchY: [[8, 24]], content: [4, 4, 28, 28],
  }]);
  return found;
}

function hatch(side, ink) {
  const pen = canvas(side);
  pen.globalAlpha = 0.55;
  pen.strokeStyle = ink;
  pen.lineWidth = 1.6;
  for (const shift of [-side, 0, side]) {
    pen.beginPath();
    pen.moveTo(shift - 1, side + 1);
    pen.lineTo(shift + side + 1, -1);
    pen.stroke();
  }
  return pen.getImageData(0, 0, side, side);
}

function disc(pen, side, fill, line) {
  pen.beginPath();
  pen.arc(side / 2, side / 2, side / 2 - 3, 0, 7);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 4;
  pen.strokeStyle = line;
  pen.stroke();
}

function undecided(colours) {
  const side = 48, pen = canvas(side);
  disc(pen, side, colours.raised, colours.ink2);
  pen.font = `600 28px Franklin, sans-serif`;
  [pen.textAlign, pen.textBaseline, pen.fillStyle] = ["center", "middle", colours.ink2];
  pen.fillText("?", side / 2, side / 2 + 2);
  return pen.getImageData(0, 0, side, side);
}

async function doorIcon(door, colours) {
  const side = 60, pen = canvas(side);
  disc(pen, side, colours.raised, door.line);
  const drawing = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ xmlns: SVG, viewBox: "0 0 48 48", width: 40, height: 40 })) {
    drawing.setAttribute(name, value);
  }
  const lines = document.createElementNS(SVG, "g");
  for (const [name, value] of Object.entries({
    fill: "none", stroke: colours.ink, "stroke-width": 3, "stroke-linejoin": "round", "stroke-linecap": "round",
  })) lines.setAttribute(name, value);
  lines.append(...[...document.getElementById(`i-${door.code}`).children].map((child) => child.cloneNode(true)));
  lines.querySelectorAll(".h").forEach((line) => line.remove());
  lines.querySelectorAll(".p").forEach((area) => {
    area.setAttribute("fill", door.plate);
    area.setAttribute("stroke", "none");
  });
  drawing.append(lines);
  const image = new Image(40, 40);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
  await image.decode();
  pen.drawImage(image, 10, 9, 40, 40);
  return pen.getImageData(0, 0, side, side);
}

function plate(colours) {
  const side = 32, pen = canvas(side);
  pen.fillStyle = colours.raised;
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 3;
  pen.fillRect(2, 2, 28, 28);
  pen.strokeRect(2, 2, 28, 28);
  return pen.getImageData(0, 0, side, side);
}
