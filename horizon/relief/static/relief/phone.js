// The telephone screen by keyboard: / finds, j and k move, o n p answer for the row in focus. Everything also works without it.
const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => !row.hidden);
const search = document.querySelector("#q");
document.querySelector("[data-keys]")?.removeAttribute("hidden");
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
search?.addEventListener("input", () => {
  const words = fold(search.value).split(/\s+/).filter(Boolean);
  for (const row of document.querySelectorAll("[data-row]")) {
    const said = fold(row.textContent);
    row.hidden = !words.every((word) => said.includes(word));
  }
});
search?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && rows().length) { event.preventDefault(); rows()[0].focus(); }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const all = rows();
  const here = all.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "/") { event.preventDefault(); search?.focus(); search?.select(); }
  else if (event.key === "j" || event.key === "k") {
    const next = all[Math.min(all.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  } else if (here >= 0) {
    all[here].querySelector(`[data-key="${event.key}"]`)?.click();
  }
});
