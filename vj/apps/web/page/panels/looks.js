// Looks and classes as pictures: a tap takes one.

import { button, each, h, mark, panel } from "../core/dom.js";
import { send } from "../core/link.js";
import { keyOf } from "../core/keys.js";
import { has, params } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { tile } from "../parts/tile.js";

const titled = (name) => name.replaceAll("_", " ");

export function looks() {
  const grid = h("div.grid.looks");
  const show = () => {
    const { names = [], titles = {}, on } = topics.looks ?? {};
    const first = Number(value("/look/first", 0));
    const waits = (topics.pending ?? []).map(({ what }) => what);
    each(
      grid,
      names.map((name, i) => ({ name, i })),
      ({ name }) => name,
      ({ name }) => {
        const made = tile(() => send("/look", name));
        Object.assign(made.node.dataset, { look: name, address: "/look", value: name });
        made.node.vjTile = made;
        return made.node;
      },
      (node, { name, i }) =>
        node.vjTile.show({
          label: titles[name] || titled(name),
          on: name === on,
          standby: waits.some((what) => what.includes(name)),
          digit: keyOf("look", i, first, names.length),
          picture: `/-/thumb/look/${encodeURIComponent(name)}.jpg`,
          other: `/-/still/${encodeURIComponent(name)}.jpg`,
        }),
    );
  };
  for (const key of ["#looks", "#pending", "/look/first", "/window/digits"]) watch(key, show);
  const { node, head } = panel("looks", "Looks", grid);
  const pilot = auto();
  if (pilot) head.append(pilot);
  return node;
}

// The autopilot: on or off, what it is about, and how one likes what it does.
function auto() {
  if (!has("/auto/on")) return null;
  const on = button("Autopilot", () => send("/auto/on", !value("/auto/on")), { kind: "switch small" });
  on.append(h("i.lamp"));
  mark(on, "role", "switch");
  const why = h("span.note", { role: "status" });
  const likes = [
    ["/auto/keep", "Keep", "heart", "Keep: more of this look"],
    ["/auto/skip", "Skip", "skip", "Skip: another look now"],
    ["/auto/never", "Never", "never", "Never this look again"],
  ]
    .filter(([address]) => has(address))
    .map(([address, words, glyph, name]) => button(words, () => send(address), { kind: "small", glyph, name }));
  const show = () => {
    const state = topics.auto ?? {};
    const is = Boolean(state.on ?? value("/auto/on"));
    mark(on, "aria-checked", String(is));
    why.textContent = state.why || ""; // also why it let go
    for (const like of likes) like.hidden = !is;
  };
  watch("#auto", show);
  watch("/auto/on", show);
  show();
  return h("div.row.auto", {}, why, ...likes, on);
}

export function classes() {
  const grid = h("div.grid.classes");
  const sliders = h("div.mix", { hidden: true });
  let mixing = false;
  const weights = () => new Map(topics.classes?.on ?? []);
  const show = () => {
    const { names = [], bundle = "" } = topics.classes ?? {};
    const on = weights();
    const first = Number(value("/model/first", 0));
    each(
      grid,
      names.map((name, i) => ({ name, i })),
      ({ name, i }) => `${bundle}/${i}/${name}`,
      ({ name, i }) => {
        const made = tile(() => (mixing ? blend(i) : send("/model/class", { tag: "i", value: i })));
        Object.assign(made.node.dataset, { class: name, address: "/model/class", value: name });
        made.node.vjTile = made;
        return made.node;
      },
      (node, { name, i }) => {
        const weight = on.get(i) ?? 0;
        node.vjTile.show({
          label: name,
          on: Math.abs(weight) > 0.005,
          words: Math.abs(weight) > 0.005 && on.size > 1 ? `${Math.round(weight * 100)} %` : "",
          digit: keyOf("class", i, first, names.length),
          picture: `/-/thumb/class/${i}.jpg?${encodeURIComponent(bundle)}`,
        });
      },
    );
    mixer(sliders, names, on);
  };
  for (const key of ["#classes", "/model/first", "/window/digits"]) watch(key, show);
  const mix = button("Mix", () => {
    mixing = !mixing;
    mark(mix, "aria-pressed", String(mixing));
    sliders.hidden = !mixing;
    node.classList.toggle("mixing", mixing);
  }, { kind: "small", title: "Several classes at once: tap them, and set how much of each" });
  mark(mix, "aria-pressed", "false");
  const { node, head } = panel("classes", "Classes", sliders, grid);
  head.append(...[bundles(), mix].filter(Boolean));
  return node;
}

// With Mix on a tap adds a class at full weight beside the others, or takes it away; one always stays.
function blend(i) {
  const on = new Map(topics.classes?.on ?? []);
  if (on.has(i) && on.size > 1) on.delete(i);
  else on.set(i, 1 / Math.max(on.size, 1));
  sendMix(on);
}

function sendMix(on) {
  const names = topics.classes?.names ?? [];
  send("/model/mix", ...[...on].flatMap(([i, weight]) => [names[i] ?? String(i), weight]));
}

// A slider for each class that is on. They are no parameters of their own, so they speak for all at once.
function mixer(node, names, on) {
  each(
    node,
    [...on.keys()],
    (i) => `${i}/${names[i]}`,
    (i) => {
      const slider = h("input", { type: "range", min: -1, max: 2, step: 0.01, "aria-label": `Weight of ${names[i]}` });
      slider.addEventListener("input", () => {
        const now = new Map(topics.classes?.on ?? []);
        now.set(i, Number(slider.value));
        topics.classes.on = [...now];
        slider.nextSibling.textContent = `${Math.round(slider.value * 100)} %`;
        sendMix(now);
      });
      return h("label.row", {}, h("span.name", {}, names[i] ?? i), slider, h("output.value"));
    },
    (row, i) => {
      const slider = row.querySelector("input");
      if (document.activeElement !== slider || !slider.matches(":active")) slider.value = on.get(i);
      row.querySelector("output").textContent = `${Math.round(on.get(i) * 100)} %`;
    },
  );
}

// The bundles of this show, where there are several.
function bundles() {
  const param = params.get("/model/select");
  if (!param || (param.choices ?? []).length < 2) return null;
  const select = h("select", { "aria-label": "Generator", onchange: () => send("/model/select", select.value) });
  watch("/model/select", () => {
    if (select.options.length !== param.choices.length) {
      select.replaceChildren(...param.choices.map((name) => h("option", { value: name }, name)));
    }
    select.value = value("/model/select");
  });
  return h("span.select.small", {}, select);
}
