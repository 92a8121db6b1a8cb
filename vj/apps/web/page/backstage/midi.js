// Controllers: learning (touch a parameter, move the control, and the next), and what is bound, each to be altered.

import { button, each, h, mark, say } from "../core/dom.js";
import { send } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { MIDI } from "../core/deeds.js";
import { openSheet, closeSheet, toast, twice } from "../parts/sheet.js";

const midi = () => topics.show?.midi ?? {};

// The learn mode of the page: parameters are outlined, a touch chooses one, Esc leaves.
export const learning = {
  on: false,
  can: () => has(MIDI.learn),
  begin(address = "") {
    if (!this.can()) return toast("This show cannot learn controllers");
    this.on = true;
    document.documentElement.classList.add("learning");
    banner.hidden = false;
    send(MIDI.learn, address);
    this.target(address);
  },
  end() {
    if (!this.on) return false;
    this.on = false;
    document.documentElement.classList.remove("learning");
    banner.hidden = true;
    this.target("");
    send(MIDI.leave);
    return true;
  },
  target(address) {
    for (const node of document.querySelectorAll(".learn-target")) node.classList.remove("learn-target");
    if (address) for (const node of document.querySelectorAll(`[data-address="${CSS.escape(address)}"]`)) node.classList.add("learn-target");
  },
};

const told = h("span", { role: "status" }, "");
const banner = h(
  "div.banner",
  { hidden: true },
  h("b", {}, "LEARN"),
  told,
  button("Done", () => learning.end(), { kind: "small", name: "Leave learning" }),
);
document.getElementById("show").before(banner);

watch("#show", () => {
  const { learn } = midi();
  if (!learn) return;
  // learnt at the window, or by another tablet: this page joins in, and leaves with it
  if (learn.on !== learning.on) {
    learning.on = Boolean(learn.on);
    document.documentElement.classList.toggle("learning", learning.on);
    banner.hidden = !learning.on;
  }
  learning.target(learn.on ? learn.target : "");
  say(told, learn.said || (learn.target ? `move a control for ${learn.target}` : "touch a parameter, then move a control"));
});

// In learn mode a touch chooses a parameter and moves nothing.
const choose = (event) => {
  if (!learning.on) return;
  const node = event.target.closest("[data-address]");
  if (!node || event.target.closest(".safety, .banner")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.type !== "click" && event.type !== "pointerdown") return;
  const { address } = node.dataset;
  if (event.type === "pointerdown") {
    learning.target(address);
    send(MIDI.learn, address);
    say(told, `move a control for ${address}`);
  }
};
for (const name of ["pointerdown", "click"]) document.addEventListener(name, choose, true);

export function midiTab(body) {
  const devices = h("ul.ports");
  const rows = h("div.rows.bindings");
  const none = h("p.none", {}, "Nothing is bound by hand. Well-known controllers have maps of their own.");
  const learn = button("Learn", () => learning.on ? learning.end() : learning.begin(), { kind: "primary", glyph: "plus", name: "Learn a control" });
  body.append(
    h("div.row", {}, has(MIDI.learn) && learn, h("p.doc", {}, "Press Learn (or L), touch a parameter, move a control; then the next. Done or Esc leaves.")),
    h("h3", {}, "Controllers"), devices, h("h3", {}, "Bound"), none, rows,
  );
  return watch("#show", () => {
    const { devices: names = [], bindings = [] } = midi();
    each(devices, names.length ? names : ["no controller is connected"], String, (name) => h("li", {}, typeof name === "string" ? name : name.name));
    none.hidden = bindings.length > 0;
    each(rows, bindings, keyOf, makeRow, showRow);
    mark(learn, "aria-pressed", String(learning.on));
  });
}

const keyOf = ({ device, from, to }) => `${device} ${from} ${to}`;

function makeRow(binding) {
  const row = h("button.binding", { type: "button" }, h("b.from"), h("span.to"), h("span.how"));
  row.addEventListener("click", () => edit(row.vjBinding ?? binding));
  return row;
}

function showRow(row, binding) {
  row.vjBinding = binding;
  const { device = "", from, to, range, curve, invert, mode } = binding;
  say(row.querySelector(".from"), `${from}`);
  say(row.querySelector(".to"), to);
  const how = [device, range && `${range[0]}..${range[1]}`, curve && curve !== "linear" && curve, invert && "inverted", mode];
  say(row.querySelector(".how"), how.filter(Boolean).join(" · "));
}

function edit(binding) {
  const { device = "", from, to } = binding;
  const say = (key, words) => send(MIDI.edit, device, from, to, key, String(words));
  const param = params.get(to);
  const number = (label, i) => {
    const [lo, hi] = binding.range ?? [param?.lo ?? 0, param?.hi ?? 1];
    const ends = [lo, hi];
    const input = h("input", { type: "text", inputmode: "decimal", value: ends[i], "aria-label": label });
    input.addEventListener("change", () => {
      const now = Number(input.value);
      if (!Number.isFinite(now)) return toast(`${input.value} is no number`);
      ends[i] = now;
      binding.range = ends;
      say("range", ends.join(" "));
    });
    return h("label.field", {}, h("span.name", {}, label), input);
  };
  const choose = (label, key, words) => {
    const select = h("select", { "aria-label": label, onchange: () => say(key, select.value) }, ...words.map((word) => h("option", { value: word }, word)));
    select.value = binding[key] ?? words[0];
    return h("label.field", {}, h("span.name", {}, label), h("span.select", {}, select));
  };
  const invert = button("Inverted", () => {
    const on = invert.getAttribute("aria-pressed") !== "true";
    mark(invert, "aria-pressed", String(on));
    say("invert", on ? "on" : "off");
  });
  mark(invert, "aria-pressed", String(Boolean(binding.invert)));
  const remove = twice(button("Unbind", () => {}, { kind: "danger", glyph: "bin" }), "Tap again to unbind", () => {
    send(MIDI.unbind, device, from, to);
    closeSheet();
  });
  openSheet(`${from} → ${to}`, [
    h("p.doc", {}, device),
    param?.isNumber && number("at the low end", 0),
    param?.isNumber && number("at the high end", 1),
    param?.isNumber && choose("curve", "curve", ["linear", "log", "square"]),
    choose("mode", "mode", midi().modes ?? ["auto", "absolute", "relative", "toggle", "momentary", "trigger"]),
    h("div.row", {}, invert, remove),
  ].filter(Boolean));
}
