// Keyboard for the desk: j and k move, x ticks; one box ticks all. Everything also works without it.
const rows = [...document.querySelectorAll("li.await")];
const link = (row) => row.querySelector("a");
const all = document.querySelector("[data-all]");
document.querySelector("[data-keys]")?.removeAttribute("hidden");
if (all) {
  all.hidden = false;
  all.querySelector("input").addEventListener("change", (event) => {
    for (const box of document.querySelectorAll("input[name=item]")) box.checked = event.target.checked;
  });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "j" || event.key === "k") {
    const next = rows[Math.min(rows.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
    if (next) { link(next).focus(); next.scrollIntoView({ block: "nearest" }); }
  } else if (event.key === "x" && here >= 0) {
    const box = rows[here].querySelector("input[name=item]");
    if (box) box.checked = !box.checked;
  }
});
