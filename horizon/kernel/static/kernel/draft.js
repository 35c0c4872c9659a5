// Keeps what is being written on this device until a page of the site says that the server has it; a week at most.
// Each form, or each line of it, has a `once`: sent again unchanged after a lost answer, it is not counted twice.
const START = "brouillon:";
const WEEK = 7 * 86_400_000;
const KEPT = "textarea[name], select[name], input[type=text][name], input[type=radio][name]";

const stored = (key) => {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft?.fields && Date.now() - draft.at < WEEK ? draft : null;
  } catch {
    return null; // private browsing, or something else was there
  }
};
const store = (key, draft) => {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {
    // private browsing: nothing is kept, the page still works
  }
};
const lineOf = (name) => name.match(/^\d+-/)?.[0] ?? "";
const isOnce = (name) => name === `${lineOf(name)}once`;

const dropSent = (tokens) => {
  let keys = [];
  try {
    keys = Object.keys(localStorage).filter((key) => key.startsWith(START));
  } catch {
    // the same
  }
  for (const key of keys) {
    const draft = stored(key);
    if (!draft) {
      store(key, null);
      continue;
    }
    const names = Object.keys(draft.fields);
    const sent = names.filter((name) => isOnce(name) && tokens.includes(draft.fields[name])).map(lineOf);
    if (!sent.length) continue;
    for (const name of names) if (sent.includes(lineOf(name))) delete draft.fields[name];
    store(key, Object.keys(draft.fields).some(isOnce) ? draft : null);
  }
};

const follow = (form) => {
  const key = START + location.pathname;
  const offline = form.querySelector("[data-offline]");
  const restored = form.querySelector("[data-restored]");
  const fields = () => [...form.querySelectorAll(KEPT)].filter((field) => !field.closest(".hp"));
  const areas = () => [...form.querySelectorAll("textarea")];
  const onces = new Map([...form.querySelectorAll("input[type=hidden]")].filter((field) => isOnce(field.name)).map((field) => [field, field.value]));
  const keep = (sent) => {
    const written = areas().filter((area) => area.value.trim()).map((area) => lineOf(area.name));
    if (!written.length) return store(key, null);
    const values = {};
    for (const field of fields())
      if (field.value && (field.type !== "radio" || field.checked)) values[field.name] = field.value;
    for (const field of onces.keys()) if (written.includes(lineOf(field.name))) values[field.name] = field.value;
    store(key, { at: Date.now(), sent, fields: values });
  };
  const draft = stored(key);
  if (areas().some((area) => area.value.trim())) keep(false);
  else if (draft) {
    for (const field of fields()) {
      if (!(field.name in draft.fields)) continue;
      if (field.type === "radio") field.checked = field.value === draft.fields[field.name];
      else field.value = draft.fields[field.name];
    }
    if (draft.sent) for (const field of onces.keys()) field.value = draft.fields[field.name] ?? field.value;
    restored.hidden = false;
  }
  const tell = () => {
    offline.hidden = navigator.onLine;
  };
  form.addEventListener("input", (event) => {
    // Other words are another sending, even if the first one arrived.
    const line = lineOf(event.target.name ?? "");
    for (const [field, fresh] of onces) if (lineOf(field.name) === line) field.value = fresh;
    keep(false);
  });
  form.querySelector("[data-forget]").addEventListener("click", () => {
    store(key, null);
    for (const field of fields()) if (field.type !== "radio") field.value = "";
    for (const [field, fresh] of onces) field.value = fresh;
    restored.hidden = true;
    areas()[0].focus();
  });
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return keep(true);
    event.preventDefault();
    tell();
    offline.scrollIntoView();
  });
  addEventListener("online", tell);
  addEventListener("offline", tell);
  tell();
};

dropSent([...document.querySelectorAll("[data-draft-sent]")].map((mark) => mark.dataset.draftSent));
document.querySelectorAll("form[data-draft]").forEach(follow);
