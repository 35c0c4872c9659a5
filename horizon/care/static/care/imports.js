// The bar of an import follows the work; without it, the button says where it is.
const bar = document.querySelector("[data-progress]");
const figure = document.querySelector("[data-done]");
const look = async () => {
  try {
    const answer = await fetch(bar.dataset.progress, { headers: { Accept: "application/json" } });
    const now = await answer.json();
    if (!now.at_work) { location.reload(); return; }
    bar.value = now.done;
    figure.textContent = now.done.toLocaleString("fr-FR");
  } catch { /* the network is away for a moment: the next look will tell */ }
  setTimeout(look, 1500);
};
if (bar) setTimeout(look, 800);
