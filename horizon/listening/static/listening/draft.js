// Keeps what is being written on this device until it is sent; without a network, says so instead of losing it.
const form = document.querySelector("form[data-draft]");
if (form) {
  const field = form.querySelector("textarea");
  const note = form.querySelector("[data-offline]");
  const key = `brouillon:${location.pathname}`;
  const keep = (text) => {
    try {
      if (text) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
    } catch {
      // private browsing: nothing is kept, the page still works
    }
  };
  if (!field.value) {
    try {
      field.value = localStorage.getItem(key) ?? "";
    } catch {
      // the same
    }
  }
  const tell = () => {
    note.hidden = navigator.onLine;
  };
  field.addEventListener("input", () => keep(field.value));
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) keep("");
    else {
      event.preventDefault();
      tell();
      note.scrollIntoView();
    }
  });
  addEventListener("online", tell);
  addEventListener("offline", tell);
  tell();
}
