// The modulation matrix: what moves what, how far and how; learnt by touching both ends.

import { button, each, h, mark, say } from "../core/dom.js";
import { send, stream, wish } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { MOD } from "../core/deeds.js";
import { control } from "../parts/control.js";
import { openSheet, closeSheet } from "../parts/sheet.js";

const at = (slot, key) => params.get(`${MOD.root}/${slot}/${key}`);
const NONE = "none";

export function modulationTab(body) {
  if (!at(1, "source")) {
    body.append(h("p.none", {}, "This show has no modulation slots."));
    return () => {};
  }
  const slots = [...params.keys()].map((address) => address.match(/^\/mod\/(\d+)\/source$/)?.[1]).filter(Boolean).map(Number);
  const rows = h("div.rows.matrix");
  const none = h("p.none", {}, "Nothing moves anything yet beyond what look and cue say.");
  const free = () => slots.find((slot) => value(at(slot, "source").address, NONE) === NONE && value(at(slot, "target").address, NONE) === NONE);
  const add = button("Add", () => free() && edit(free()), { glyph: "plus" });
  const show = () => {
    const used = slots.filter((slot) => ["source", "target"].some((key) => value(at(slot, key).address, NONE) !== NONE));
    each(rows, used, (slot) => slot, makeRow, showRow);
    none.hidden = used.length > 0;
    add.disabled = !free();
  };
  body.append(h("div.row", {}, learn(), add), none, rows, sources(), lfos());
  const ends = slots.flatMap((slot) => ["source", "target", "amount", "on"].map((key) => watch(at(slot, key).address, show)));
  ends.push(watch("#modulations", show));
  show();
  return () => ends.forEach((end) => end());
}

// Learning: touch a parameter anywhere, and name a source; what is touched meanwhile moves nothing.
function learn() {
  const node = button("Learn by touching both", () => wish(MOD.learn, !value(MOD.learn)), { kind: "primary" });
  const words = h("span.note", { role: "status" });
  const show = () => {
    const state = topics.learn ?? {};
    const on = Boolean(state.on ?? value(MOD.learn));
    mark(node, "aria-pressed", String(on));
    say(words, !on ? "" : state.target ? `${state.target}: now touch a source` : state.source ? `${state.source}: now touch a parameter` : "touch a parameter and a source, in any order");
  };
  watch(MOD.learn, show);
  watch("#learn", show);
  node.hidden = !has(MOD.learn);
  return h("span.row", {}, node, words);
}

// Sources to touch, the ones with a strength shown as they move.
function sources() {
  const names = (at(1, "source").choices ?? []).filter((name) => name !== NONE);
  const row = h("div.family", { role: "group", "aria-label": "Sources" });
  const families = new Map();
  for (const name of names) {
    const family = name.slice(0, name.lastIndexOf("."));
    if (!families.has(family)) {
      families.set(family, h("div.chips"));
      row.append(h("b", {}, family.replaceAll(".", " ")), families.get(family));
    }
    const words = name.slice(family.length + 1).replaceAll("_", " ");
    families.get(family).append(button(words, () => (value(MOD.learn) ? send(MOD.source, name) : pick(name)), { kind: "small", name: `Source ${name}` }));
  }
  return h("details.group", { open: true }, h("summary", {}, h("b", {}, "Sources"), h("span", {}, String(names.length))), h("div.pad-in", {}, row));
}

// A source that is touched while nothing is learnt: learning begins with it.
function pick(name) {
  wish(MOD.learn, true);
  send(MOD.source, name);
}

function lfos() {
  const found = [...params.values()].filter((param) => param.address.startsWith("/lfo/"));
  if (!found.length) return null;
  return h("details.group", {}, h("summary", {}, h("b", {}, "LFOs"), h("span", {}, "in beats")),
    h("div.params", {}, ...found.map((param) => h("div.entry", {}, control(param, { label: param.address.slice(1).replaceAll("/", " ") })))));
}

function makeRow(slot) {
  const toggle = control(at(slot, "on"), { label: "on", more: false });
  toggle.querySelector("button").setAttribute("aria-label", `Modulation ${slot} on`);
  const what = h("button.what", { type: "button", onclick: () => edit(slot) }, h("b.source"), h("span.arrow", { "aria-hidden": "true" }, "→"), h("span.target"));
  const amount = control(at(slot, "amount"), { label: "amount", more: false });
  amount.querySelector(".fader").setAttribute("aria-label", `Amount of modulation ${slot}`);
  const clear = button("", () => send(MOD.clear, { tag: "i", value: slot }), { glyph: "bin", kind: "tool", name: `Empty slot ${slot}` });
  const strength = h("i.strength");
  stream(`/mod/out/${slot}`, ([x]) => strength.style.setProperty("--x", x));
  return h("div.modulation", {}, toggle, what, amount, clear, strength);
}

function showRow(row, slot) {
  say(row.querySelector(".source"), value(at(slot, "source").address, NONE));
  say(row.querySelector(".target"), value(at(slot, "target").address, NONE));
}

function edit(slot) {
  const keys = ["source", "target", "amount", "curve", "attack", "release", "on"];
  openSheet(`Modulation ${slot}`, [
    ...keys.map((key) => at(slot, key)).filter(Boolean).map((param) => h("div.entry", {}, control(param, { more: false }), h("p.doc", {}, param.doc))),
    button("Empty this slot", () => {
      send(MOD.clear, { tag: "i", value: slot });
      closeSheet();
    }, { kind: "danger", glyph: "bin" }),
  ]);
}
