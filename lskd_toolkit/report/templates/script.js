// Regions and what is said of them light each other up. Without this script everything is still there.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const ids = (element) => (element.dataset.regions || "").split(" ").filter(Boolean);
  const said = document.getElementById("said");

  // Show the regions `picked` of a card. `source` is the sentence that was chosen, or null when a
  // region was: then every sentence that speaks of it is lit.
  function pick(card, picked, source = null, quiet = false) {
    for (const other of all(".card.picked")) if (other !== card) clear(other);
    card.classList.toggle("picked", picked.length > 0);
    card.dataset.picked = picked.join(" ");
    for (const element of all("[data-regions]", card)) {
      const spoken = ids(element).some((id) => picked.includes(id));
      const words = element.matches(".statement, .words li");
      element.classList.toggle("lit", source && words ? element === source : spoken);
    }
    for (const region of all(".region", card)) {
      region.setAttribute("aria-pressed", String(picked.includes(region.dataset.pick)));
    }
    for (const button of all("button.chip", card)) {
      button.classList.toggle("on", picked.includes(button.dataset.pick));
    }
    const spot = card.querySelector(".spot");
    const [width, height] = spot.dataset.size.split(" ");
    const holes = all(".region.lit .outline", card).map((path) => path.getAttribute("d")).join("");
    spot.setAttribute("d", holes ? `M0 0H${width}V${height}H0Z${holes}` : "");
    if (quiet) return;
    const descriptors = card.querySelector(".words");
    if (descriptors && picked.length && !source && descriptors.querySelector("li.lit")) descriptors.open = true;
    const statements = all(".statement.lit", card).length;
    const words = all(".words li.lit", card).length;
    said.textContent = picked.length
      ? `Region ${picked.join(", ")}: ${statements} statements, ${words} descriptors.` : "";
    remember(picked.length ? `#${card.id}&region=${picked.join(",")}` : `#${card.id}`);
  }

  function clear(card) {
    pick(card, [], null, true);
  }

  function remember(hash) {
    try { history.replaceState(null, "", hash); } catch { /* some browsers forbid it for files */ }
  }

  function toggle(card, id) {
    pick(card, card.dataset.picked === id ? [] : [id]);
  }

  function activate(target) {
    const card = target.closest(".card");
    if (!card) return false;
    const one = target.closest("[data-pick]");
    if (one) { toggle(card, one.dataset.pick); return true; }
    if (target.closest("summary, a, input, pre")) return false;
    const sentence = target.closest(".statement, .words li");
    if (!sentence || !ids(sentence).length) return false;
    pick(card, sentence.classList.contains("chosen") ? [] : ids(sentence), sentence);
    const chosen = card.classList.contains("picked");
    for (const other of all(".chosen", card)) other.classList.remove("chosen");
    sentence.classList.toggle("chosen", chosen);
    return true;
  }

  document.addEventListener("click", (event) => {
    if (String(getSelection())) return;
    activate(event.target);
  });
  document.addEventListener("keydown", (event) => {
    const region = event.target.closest?.("g.region");
    if (region && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      activate(region);
    } else if (event.key === "Escape") {
      for (const card of all(".card.picked")) pick(card, []);
    }
  });

  // #img-…&region=0,2 opens the page where somebody else was looking.
  function arrive() {
    const [anchor, query] = decodeURIComponent(location.hash.slice(1)).split("&");
    const card = anchor && document.getElementById(anchor);
    if (card && card.closest(".asked")) {
      for (let at = card; at; at = at.parentElement) if (at.matches("details")) at.open = true;
      card.scrollIntoView({ behavior: "instant" });
    }
    if (!card || !card.matches(".card")) return;
    const picked = (query || "").replace(/^region=/, "").split(",").filter(Boolean);
    card.scrollIntoView({ behavior: "instant" });
    if (picked.length) pick(card, picked);
  }
  addEventListener("hashchange", arrive);

  const find = document.getElementById("find");
  const filters = all(".filter");
  const texts = new Map();
  // What is found is what is said of an image: its prompt has words that every other's has too.
  function spoken(card) {
    const asked = card.querySelector(".asked");
    return card.textContent.toLowerCase().replace(asked ? asked.textContent.toLowerCase() : "", "");
  }
  function sift() {
    const wanted = new Set(filters.filter((f) => f.getAttribute("aria-pressed") === "true").map((f) => f.dataset.outcome));
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of all(".card")) {
      if (words.length && !texts.has(card)) texts.set(card, spoken(card));
      const fits = wanted.has(card.dataset.outcome) && words.every((word) => texts.get(card).includes(word));
      card.hidden = !fits;
      shown += fits;
    }
    document.getElementById("none").hidden = shown > 0 || !all(".card").length;
  }
  find.addEventListener("input", sift);
  for (const button of filters) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      sift();
    });
  }
  document.getElementById("ghosts").addEventListener("change", (event) => {
    document.body.classList.toggle("ghosts", event.target.checked);
  });

  const theme = document.getElementById("theme");
  const root = document.documentElement;
  theme.hidden = false;
  try { if (localStorage.lskdTheme) root.dataset.theme = localStorage.lskdTheme; } catch { /* private */ }
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.lskdTheme = root.dataset.theme; } catch { /* private */ }
  });

  addEventListener("beforeprint", () => { for (const each of all("details:not(.asked, .asked *)")) each.open = true; });
  arrive();
})();
