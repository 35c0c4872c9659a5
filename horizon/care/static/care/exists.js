// While a name is typed, says which structures it may be. The form works without it: the same is said when it is sent.
const form = document.querySelector("form[data-exists]");
const place = form?.querySelector("[data-likely]");
if (form && place) {
  const name = form.elements.namedItem("name");
  const commune = form.elements.namedItem("commune");
  const WAIT = 400;
  (commune ?? name).closest(".field")?.after(place);
  let timer = 0;
  let asked = new AbortController();
  let shown = "";
  const show = (text) => {
    if (text === shown) return;
    shown = text;
    place.innerHTML = text;
    place.hidden = !text;
  };
  const ask = async () => {
    const words = name.value.trim();
    asked.abort();
    if (words.length < 3) return show("");
    asked = new AbortController();
    const query = new URLSearchParams({ nom: words, commune: commune?.value ?? "" });
    try {
      const answer = await fetch(`${form.dataset.exists}?${query}`, { signal: asked.signal, headers: { Accept: "text/html" } });
      if (answer.ok) show((await answer.text()).trim());
    } catch {
      // no network, or another letter came: the form still says it when it is sent
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  };
  name.addEventListener("input", later);
  commune?.addEventListener("change", later);
  if (name.value && !document.querySelector("[role=alert]")) later();
}
