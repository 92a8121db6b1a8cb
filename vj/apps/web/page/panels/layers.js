// The two layers round the picture: a name typed or a file picked is seen at once; all else is behind More.

import { button, each, h, icon, mark, panel, say } from "../core/dom.js";
import { send, wish } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { value, watch } from "../core/store.js";
import { control } from "../parts/control.js";
import { openSheet } from "../parts/sheet.js";

const LAYERS = [1, 2];
const AT_HAND = ["opacity", "scale"];
const BEHIND = [
  ["Where", ["x", "y", "scale", "rotation", "anchor", "fit"]],
  ["How", ["opacity", "plane", "blend", "invert"]],
  ["Words", ["text", "font", "align", "color", "outline", "outline/color", "shadow", "spacing"]],
  ["Clip", ["speed", "beats", "loop", "restart"]],
  ["From elsewhere", ["source", "camera", "ndi"]],
];

export function layers() {
  if (!has("/layer/1/show")) return null;
  const { node } = panel("layers", "Layers", h("div.layers", {}, ...LAYERS.map(layer)));
  return node;
}

function layer(n) {
  const at = (key) => `/layer/${n}/${key}`;
  const seen = h("span.note", { role: "status" });
  const clear = button("", () => send(at("clear")), { glyph: "cross", kind: "tool", name: `Layer ${n} shows nothing` });
  const more = button("", () => sheet(n), { glyph: "tune", kind: "tool", name: `More of layer ${n}` });
  const node = h("section.layer", { "aria-label": `Layer ${n}` }, h("div.row.layer-head", {}, h("b", {}, String(n)), seen, clear, more));
  const show = () => {
    const source = value(at("source"), "none");
    const what = { file: value(at("file")), text: value(at("text")), camera: `camera ${value(at("camera"), "")}`, ndi: `NDI ${value(at("ndi"), "")}` };
    say(seen, source === "none" ? "shows nothing" : String(what[source] || source));
    node.classList.toggle("on", source !== "none");
    clear.disabled = source === "none";
  };
  for (const key of ["source", "file", "text", "camera", "ndi"]) watch(at(key), show);
  node.append(
    h("div.row", {}, words(n, at), files(n, at)),
    h("div.row", {}, ...["plane", "blend"].map((key) => control(params.get(at(key)), { label: key, more: false }))),
    h("div.layer-faders", {}, ...AT_HAND.map((key) => control(params.get(at(key)), { label: key, more: false }))),
  );
  show();
  return node;
}

// What is typed here is on the wall with Enter.
function words(n, at) {
  const field = h("input", {
    type: "text",
    placeholder: "A name",
    "aria-label": `Words for layer ${n}`,
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "send",
    onkeydown: (event) => event.key === "Enter" && act(),
  });
  const act = () => {
    if (!field.value.trim()) return;
    wish(at("text"), field.value.trim());
    wish(at("source"), "text");
    field.blur();
  };
  return h("div.field.layer-words", {}, field, button("Show", act, { kind: "small", name: `Show these words in layer ${n}` }));
}

// What is picked here is on the wall at once.
function files(n, at) {
  const node = h("select", {
    "aria-label": `File for layer ${n}`,
    onchange: () => {
      if (!node.value) return send(at("clear"));
      wish(at("file"), node.value);
      wish(at("source"), "file");
    },
  });
  const show = () => {
    const names = params.get(at("file")).choices ?? [];
    each(
      node,
      names,
      (name) => name,
      (name) => h("option", { value: name }, name || (names.length > 1 ? "Pick a file" : "No file yet")),
    );
    node.value = value(at("source")) === "file" ? String(value(at("file"), "")) : "";
    mark(node, "title", names.length > 1 ? null : "Put pictures and clips into the media folder: see docs/layers.md");
  };
  for (const key of ["file", "source"]) watch(at(key), show);
  show();
  return h("span.select.small", {}, node, icon("down"));
}

function sheet(n) {
  const blocks = BEHIND.flatMap(([title, keys]) => [
    h("h3", {}, title),
    h("div.params", {}, ...keys.filter((key) => has(`/layer/${n}/${key}`)).map((key) => control(params.get(`/layer/${n}/${key}`), { label: key.replaceAll(/[_/]/g, " ") }))),
  ]);
  openSheet(`Layer ${n}`, blocks);
}
