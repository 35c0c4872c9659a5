// Keyboard for the desk: j and k move, x ticks, a and r answer the current row, u undoes; one box ticks all. Everything also works without it.
const KEPT = "desk.row";
const rows = [...document.querySelectorAll("li.await")];
const link = (row) => row.querySelector("a");
const all = document.querySelector("[data-all]");
const go = (row) => { if (row) { link(row).focus(); row.scrollIntoView({ block: "nearest" }); } };
document.querySelector("[data-keys]")?.removeAttribute("hidden");
if (all) {
  all.hidden = false;
  all.querySelector("input").addEventListener("change", (event) => {
    for (const box of document.querySelectorAll("input[name=item]")) box.checked = event.target.checked;
  });
}
const kept = sessionStorage.getItem(KEPT);  // answered by the keyboard: the next row is where the answered one was
if (kept !== null) {
  sessionStorage.removeItem(KEPT);
  go(rows[Math.min(rows.length - 1, Number(kept))]);
}
const press = (button, here) => {
  if (!button) return;
  sessionStorage.setItem(KEPT, String(Math.max(0, here)));
  button.click();
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && "aru".includes(event.key)) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const answers = { a: "accept", r: "refuse" };
  if (event.key === "j" || event.key === "k") {
    go(rows[Math.min(rows.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))]);
  } else if (event.key === "x" && here >= 0) {
    const box = rows[here].querySelector("input[name=item]");
    if (box) box.checked = !box.checked;
  } else if (event.key in answers && here >= 0) {
    press(rows[here].querySelector(`button[name=one][value^="${answers[event.key]}|"]`), here);
  } else if (event.key === "u") {
    press(document.querySelector("button[name=verb][value=undo]"), here);
  }
});
