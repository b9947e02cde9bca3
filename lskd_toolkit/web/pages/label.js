"use strict";
// All text arrives as data and is put into the page as text: no markup is ever made of it.
const SVG = "http://www.w3.org/2000/svg";
const TOKEN = document.querySelector("meta[name=token]").content;
const $ = (id) => document.getElementById(id);
const said = { answer: null, rationale: null };
let state = null, alone = null, busy = false;

history.replaceState(null, "", "/"); // the token need not stay in the address

async function ask(path, body) {
  const how = body === undefined ? {} : {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-Lskd-Token": TOKEN },
  };
  const reply = await fetch(path, how);
  const told = await reply.json();
  if (!reply.ok) throw new Error(told.error);
  return told;
}

async function go(path, body) {
  if (busy) return; // a key pressed twice is one label
  busy = true;
  try {
    show(await ask(path, body));
  } catch (error) {
    const lost = error instanceof TypeError;
    alarm(lost ? "The server does not answer. Nothing is lost: start lskd label again, and open its address." : error.message);
  } finally {
    busy = false;
  }
}

function alarm(text) {
  $("alarm").textContent = text;
  $("alarm").hidden = !text;
}

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function show(told) {
  state = told;
  const { done, total, skipped, gone } = told.progress;
  $("count").replaceChildren(bold(done), ` of ${total}` + (skipped ? `, ${skipped} skipped` : "") + (gone ? `, ${gone} gone` : ""));
  $("count").title = gone ? "Gone: the run was taught anew since the list was drawn" : "";
  $("bar").style.width = `${total ? (100 * done) / total : 100}%`;
  $("track").setAttribute("aria-valuenow", done);
  $("track").setAttribute("aria-valuemax", total);
  const finished = told.place === null;
  $("main").hidden = finished;
  $("finished").hidden = !finished;
  document.body.dataset.place = finished ? "end" : told.place;
  if (finished) {
    $("total").textContent = done === 1 ? "1 statement is labelled." : `${done} statements are labelled.`;
    return;
  }
  alarm(told.problem || "");
  const label = told.label || {};
  said.answer = label.answer ?? null;
  said.rationale = label.rationale ?? null;
  $("comment").value = label.comment || "";
  $("comment").blur();
  for (const [id, verdict] of [["accept", true], ["reject", false]]) $(id).classList.toggle("was", label.accept === verdict);
  $("mine").hidden = !told.label;
  $("mine").textContent = label.kept ? "You labelled this one; another word replaces it." : "Taken back: say it again.";
  pressed();
  light(null);
  picture(told);
  const words = told.statement ? told.statement.words : { question: [], answer: [], rationale: [] };
  for (const name of ["question", "answer", "rationale"]) $(name).replaceChildren(...words[name].map(piece));
  scores(told.statement);
  document.querySelector(".statement").scrollTop = 0;
  if (told.then !== null) new Image().src = `/image/${told.then}`; // so that it is there when it is wanted
}

function bold(text) {
  const made = document.createElement("b");
  made.textContent = text;
  return made;
}

function piece(part) {
  if (part.id === undefined) return document.createTextNode(part.text);
  const made = document.createElement("button");
  made.type = "button";
  made.className = "mention";
  made.textContent = part.id;
  made.dataset.region = part.id;
  if (part.known) {
    made.style.background = part.colour;
    made.style.color = part.ink;
    made.addEventListener("click", () => light(alone === part.id ? null : part.id));
    made.addEventListener("mouseenter", () => light(part.id));
    made.addEventListener("mouseleave", () => light(null));
  } else {
    made.classList.add("unknown");
    made.title = "The picture has no such region";
  }
  return made;
}

function picture(told) {
  const photo = $("photo"), svg = $("regions");
  svg.replaceChildren();
  $("gone").hidden = true;
  photo.hidden = !told.statement;
  if (!told.statement) return;
  photo.src = `/image/${told.place}`;
  const { width, height, badge, regions } = told.statement;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.append(...regions.map((region) => drawn(region, badge)));
}

function drawn(region, badge) {
  const group = element("g", { class: region.mentioned ? "region" : "region other", "data-region": region.id });
  group.append(
    element("path", { class: "back", d: region.path }),
    element("path", { class: "line", d: region.path, stroke: region.colour, fill: region.colour, "fill-rule": "evenodd" }),
    element("rect", { class: "plate", x: region.x, y: region.y, width: region.wide, height: region.high, rx: badge * 0.22, fill: region.colour }),
    element("text", { x: region.x + region.wide / 2, y: region.y + region.high / 2, "font-size": badge, fill: region.ink }, region.id),
  );
  group.addEventListener("mouseenter", () => light(region.id));
  group.addEventListener("mouseleave", () => light(null));
  return group;
}

function light(id) {
  alone = id;
  $("regions").classList.toggle("alone", id !== null);
  for (const each of document.querySelectorAll("[data-region]")) each.classList.toggle("lit", id !== null && each.dataset.region === String(id));
}

function scores(statement) {
  const judged = (statement && statement.judged) || [];
  $("scores").hidden = !judged.length;
  $("scores").replaceChildren(...judged.map((each) => {
    const row = document.createElement("div");
    row.append(`${each.critic} `, bold(each.score.toFixed(2)), each.note ? `: ${each.note}` : "");
    return row;
  }));
}

function pressed() {
  for (const button of document.querySelectorAll(".choice button")) {
    button.setAttribute("aria-pressed", said[button.dataset.field] === (button.dataset.value === "true"));
  }
}

function say(field, value) {
  said[field] = said[field] === value ? null : value;
  pressed();
}

function judge(accept) {
  if (state.place === null) return;
  go("/label", { place: state.place, answer: said.answer, rationale: said.rationale, accept, comment: $("comment").value });
}

const look = (step) => {
  const from = state.place === null ? state.last + 1 : state.place;
  const place = Math.min(Math.max(from + step, 0), state.last);
  if (place !== state.place) go(`/at/${place}`);
};
const undo = () => go("/undo", {});
const skip = () => state.place !== null && go("/skip", { place: state.place });
const onward = () => go("/next");
function outlines() {
  const off = $("regions").classList.toggle("off");
  $("outlines").setAttribute("aria-pressed", !off);
}
function keys() {
  const open = !$("keys").open;
  if (open) $("keys").showModal(); else $("keys").close();
  $("help").setAttribute("aria-expanded", open);
}

const KEYS = {
  a: () => say("answer", true), s: () => say("answer", false),
  d: () => say("rationale", true), f: () => say("rationale", false),
  j: () => judge(true), k: () => judge(false),
  u: undo, x: skip, n: onward, r: outlines, "?": keys, h: keys,
  c: () => $("comment").focus(),
  arrowleft: () => look(-1), arrowright: () => look(1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !state) return;
  const key = event.key.toLowerCase();
  if (document.activeElement === $("comment")) {
    if (key === "escape") $("comment").blur();
    return;
  }
  if ($("keys").open && key !== "?" && key !== "h") return;
  if (event.repeat && !key.startsWith("arrow")) return; // a key held down is one word
  if (/^\d$/.test(key) && state.statement) {
    const id = Number(key);
    if (state.statement.regions.some((region) => region.id === id)) light(alone === id ? null : id);
  } else if (KEYS[key]) KEYS[key]();
  else return;
  event.preventDefault();
});

for (const button of document.querySelectorAll(".choice button")) {
  button.addEventListener("click", () => say(button.dataset.field, button.dataset.value === "true"));
}
for (const [id, act] of Object.entries({
  accept: () => judge(true), reject: () => judge(false), undo, skip, next: onward, back: () => look(-1),
  outlines, help: keys, close: keys, again: undo,
})) {
  $(id).addEventListener("click", (event) => { act(); event.currentTarget.blur(); }); // so that space presses nothing
}
$("photo").addEventListener("error", async () => {
  if (!state || state.place === null) return;
  const place = state.place;
  $("photo").hidden = true;
  const told = await ask(`/image/${place}`).catch((error) => error.message);
  if (!state || state.place !== place) return;
  $("gone").textContent = `${told} Skip it, or judge by the words alone.`;
  $("gone").hidden = false;
});
$("keys").addEventListener("close", () => $("help").setAttribute("aria-expanded", false));
go("/next");
