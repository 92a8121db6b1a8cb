// Controllers: learning (touch a parameter, move the control, and the next), and what is bound, each to be altered.

import { button, each, h, mark, say } from "../core/dom.js";
import { send } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { MIDI } from "../core/deeds.js";
import { openSheet, closeSheet, toast, twice } from "../parts/sheet.js";

const LEARN = "/window/learn";
const ASK = "touch a parameter, then move a control";
const midi = () => topics.show?.midi ?? {};

// The learn mode of the page: parameters are outlined, a touch chooses one, Esc leaves.
export const learning = {
  on: false,
  can: () => has(MIDI.learn),
  begin(address = "") {
    if (!this.can()) return toast("This show cannot learn controllers");
    this.show(true);
    send(LEARN, true);
    if (address) point(address);
  },
  end() {
    if (!this.on) return false;
    this.show(false);
    send(LEARN, false);
    return true;
  },
  show(on) {
    this.on = on;
    document.documentElement.classList.toggle("learning", on);
    banner.hidden = !on;
    if (!on) this.target("");
  },
  target(address, value = undefined) {
    for (const node of document.querySelectorAll(".learn-target")) node.classList.remove("learn-target");
    if (!address) return;
    const which = value === undefined ? "" : `[data-value="${CSS.escape(value)}"]`;
    for (const node of document.querySelectorAll(`[data-address="${CSS.escape(address)}"]${which}`)) node.classList.add("learn-target");
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

// What learning says, without what the banner says already, and with arrows that are some.
const plainly = (words = "") => words.replace(/^learn: /, "").replaceAll("<-", "←").replaceAll("->", "→");

// Learnt at the window, or by another tablet: this page joins in, and leaves with it.
watch(LEARN, () => {
  const on = Boolean(value(LEARN));
  if (on !== learning.on) learning.show(on);
});
watch("#show", () => {
  const { learn } = midi();
  if (!learn || !learning.on) return;
  if (learn.target) learning.target(...learn.target.split(" "));
  say(told, plainly(learn.said) || (learn.target ? `move a control for ${learn.target}` : ASK));
});

// A parameter, or a value of one: a look, a class.
function point(address, value = undefined) {
  learning.target(address, value);
  send(MIDI.learn, address, ...(value === undefined ? [] : [value]));
  say(told, `move a control for ${[address, value].filter(Boolean).join(" ")}`);
}

// In learn mode a touch chooses a parameter and moves nothing. BLACKOUT, FREEZE and PANIC are chosen by the first touch
// too, and act when they are touched again or held: nobody who learns is without them.
const HOLD = 500; // ms
let acts = null; // what may act with the click that comes
let holds = 0;
const choose = (event) => {
  if (!learning.on) return;
  const node = event.target.closest("[data-address]");
  if (!node || event.target.closest(".banner")) return;
  const safe = node.matches(".safe");
  const down = event.type === "pointerdown";
  clearTimeout(holds);
  if (safe && (down || event.detail === 0) && node !== acts) acts = node.matches(".learn-target") ? node : null;
  if (safe && node === acts) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!down && event.detail !== 0) return;
  const { address, value } = node.dataset;
  point(address, value); // by finger, or by key
  if (safe) say(told, `move a control for ${address}; touched again or held it acts`);
  if (safe && down) holds = setTimeout(() => press(node), HOLD);
};
function press(node) {
  acts = node;
  node.click();
  acts = null; // the finger that lets go clicks once more
}
for (const name of ["pointerdown", "click"]) document.addEventListener(name, choose, true);
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => clearTimeout(holds), true);

export function midiTab(body) {
  const devices = h("ul.ports");
  const moved = h("p.doc", { role: "status", "aria-label": "What was moved last" });
  const rows = h("div.rows.bindings");
  const none = h("p.none", {}, "Nothing is bound by hand. Well-known controllers have maps of their own.");
  const learn = button("Learn", () => learning.on ? learning.end() : learning.begin(), { kind: "primary", glyph: "plus", name: "Learn a control" });
  body.append(
    h("div.row", {}, has(MIDI.learn) && learn, has(MIDI.unbind) && button("Unbind what was touched last", () => send(MIDI.unbind), { kind: "small" }), h("p.doc", {}, "Press Learn (or L), touch a parameter, move a control; then the next. Done or Esc leaves.")),
    h("h3", {}, "Controllers"), devices, moved, h("h3", {}, "Bound"), none, rows,
  );
  return watch("#show", () => {
    const { devices: names = [], bindings = [], activity = "" } = midi();
    say(moved, activity);
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

// "cc:1:24" as it is printed on a controller: "CC 24", and the channel where it is not any.
const NAMES = { cc: "CC", nrpn: "NRPN", rpn: "RPN", pc: "program", bend: "pitch bend", poly: "key pressure" };
const control = (from) => {
  const [kind, , number = ""] = from.split(":");
  return `${NAMES[kind] ?? kind} ${number.replace("*", "any")}`.trim();
};
const channel = (from) => (/^\d/.test(from.split(":")[1]) ? `channel ${from.split(":")[1]}` : "");

function showRow(row, binding) {
  row.vjBinding = binding;
  const { device = "", from, to, range, curve, mode, kind, takeover } = binding;
  say(row.querySelector(".from"), control(from));
  say(row.querySelector(".to"), to);
  const how = [device, channel(from), range && `${range[0]} to ${range[1]}`, curve && curve !== "linear" && curve, mode, kind && kind !== "absolute" && kind, takeover === "pickup" && "picked up"];
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
      say(["lo", "hi"][i], now);
    });
    return h("label.field", {}, h("span.name", {}, label), input);
  };
  const choose = (label, key, words) => {
    const options = words.map((word) => h("option", { value: word }, word || "as it comes"));
    const select = h("select", { "aria-label": label, onchange: () => say(key, select.value) }, ...options);
    select.value = binding[key] ?? "";
    return h("label.field", {}, h("span.name", {}, label), h("span.select", {}, select));
  };
  const invert = button("Inverted", () => {
    const on = invert.getAttribute("aria-pressed") !== "true";
    mark(invert, "aria-pressed", String(on));
    say("invert", on ? "on" : "off");
  });
  mark(invert, "aria-pressed", String(Boolean(binding.range && binding.range[0] > binding.range[1])));
  const remove = twice(button("Unbind", () => {}, { kind: "danger", glyph: "bin" }), "Tap again to unbind", () => {
    send(MIDI.unbind, device, from, to);
    closeSheet();
  });
  openSheet(`${control(from)} → ${to}`, [
    h("p.doc", {}, [device, channel(from)].filter(Boolean).join(" · ")),
    param?.isNumber && number("at the low end", 0),
    param?.isNumber && number("at the high end", 1),
    param?.isNumber && choose("curve", "curve", ["", "linear", "log", "square"]),
    param?.isNumber && choose("it turns", "kind", ["", "absolute", "cc14", "relative", "signed", "relative64", "encoder", "auto"]),
    param?.isNumber && choose("takeover", "takeover", ["", "pickup", "none"]),
    !param?.isNumber && choose("as a button", "mode", ["", "momentary", "toggle", "trigger"]),
    h("div.row", {}, invert, remove),
  ].filter(Boolean));
}
