// The control of any parameter, made from its declaration alone: a new one appears by itself.

import { button, each, h, icon, mark, say } from "../core/dom.js";
import { send, wish } from "../core/link.js";
import { topics, value, watch } from "../core/store.js";
import { about } from "./about.js";
import { bindState, fader } from "./fader.js";
import { drawn } from "./seen.js";

const FEW = 4; // choices that lie side by side

// A control with its name and the button that says more of it. `label` where the name of the parameter is not enough,
// `extra` makes what else there is to say.
export function control(param, { label = param.name, more = true, extra = () => [] } = {}) {
  const ask = () => about(param, label, extra());
  const make = makers[param.kind] ?? plain;
  const main = make(param, label, ask);
  const node = h("div.param", { "data-kind": param.kind, "data-address": param.address }, main);
  if (more) {
    const dots = button("", ask, { kind: "more", glyph: "dots", name: `More of ${label}` });
    node.append(dots);
    if (param.isReadable) bindState(dots, param.address);
  }
  return node;
}

const makers = {
  float: (param, label, ask) => fader(param, { label, onmenu: ask }),
  int: (param, label, ask) => fader(param, { label, onmenu: ask }),
  toggle,
  trigger: (param, label) =>
    button(label, () => send(param.address), { kind: "trigger", title: param.doc }),
  choice,
  text,
  class: classes,
  deed,
};

export function toggle(param, label = param.name) {
  const node = h("button.button.switch", {
    type: "button",
    role: "switch",
    "aria-checked": "false",
    "aria-description": param.doc,
    "data-address": param.address,
    onclick: () => wish(param.address, !value(param.address)),
  });
  node.append(h("span", {}, label), h("i.lamp"));
  watch(
    param.address,
    drawn(node, () => mark(node, "aria-checked", String(Boolean(value(param.address))))),
  );
  bindState(node, param.address);
  return node;
}

export function choice(param, label = param.name, always = false) {
  const named = h("span.name", {}, label);
  const few = !always && param.choices.length <= FEW && param.choices.join("").length <= 28;
  const node = h("div.field", { role: "group", "aria-label": label, "data-address": param.address }, named);
  node.append(few ? row(param) : list(param, label));
  bindState(node, param.address);
  return node;
}

function row(param) {
  const node = h("div.segments");
  const show = drawn(node, () => {
    each(
      node,
      param.choices,
      (word) => word,
      (word) => button(word.replaceAll("_", " "), () => wish(param.address, word)),
      (child, word) => mark(child, "aria-pressed", String(value(param.address) === word)),
    );
  });
  show();
  watch(param.address, show);
  return node;
}

function list(param, label) {
  const node = h("select", { "aria-label": label, "aria-description": param.doc, onchange: () => wish(param.address, node.value) });
  const show = drawn(node, () => {
    const now = String(value(param.address, ""));
    const words = param.choices.includes(now) ? param.choices : [now, ...param.choices];
    if (node.options.length !== words.length || words.some((word, i) => node.options[i].value !== word)) {
      node.replaceChildren(...words.map((word) => h("option", { value: word }, word.replaceAll("_", " "))));
    }
    node.value = now;
  });
  watch(param.address, show);
  show();
  return h("span.select", {}, node, icon("down"));
}

function text(param, label) {
  const field = h("input", {
    type: "text",
    "aria-label": label,
    "aria-description": param.doc,
    autocomplete: "off",
    spellcheck: "false",
    onchange: () => wish(param.address, field.value),
    onkeydown: (event) => event.key === "Enter" && field.blur(),
  });
  if (!(param.access & 2)) field.readOnly = true;
  watch(
    param.address,
    drawn(field, () => {
      if (document.activeElement !== field) field.value = String(value(param.address, ""));
    }),
  );
  return h("label.field", { "data-address": param.address }, h("span.name", {}, label), field);
}

function classes(param, label) {
  const node = h("select", {
    "aria-label": label,
    onchange: () => send(param.address, { tag: "i", value: Number(node.value) }),
  });
  const show = () => {
    const names = topics.classes?.names ?? [];
    if (node.options.length !== names.length || names.some((name, i) => node.options[i].text !== name)) {
      node.replaceChildren(...names.map((name, i) => h("option", { value: i }, name)));
    }
    node.value = String(value(param.address, 0));
  };
  watch("#classes", show);
  watch(param.address, show);
  return h("div.field", {}, h("span.name", {}, label), h("span.select", {}, node, icon("down")));
}

// What can be looked at only.
function plain(param, label) {
  const words = h("output.value");
  const node = h("div.field.plain", { "data-address": param.address }, h("span.name", {}, label), words);
  watch(
    param.address,
    drawn(node, () => say(words, ([].concat(value(param.address) ?? "—")).map(String).join(" "))),
  );
  return node;
}

// A command with arguments: a field for each.
function deed(param, label) {
  const tags = [...param.args.matchAll(/([sfi])(\??)/g)];
  const fields = tags.map(([, tag, maybe], i) =>
    h("input", {
      type: "text",
      inputmode: tag === "s" ? "text" : "decimal",
      placeholder: `${{ s: "words", f: "number", i: "whole number" }[tag]}${maybe ? " (may stay empty)" : ""}`,
      "aria-label": `${label}, argument ${i + 1}`,
      autocomplete: "off",
    }),
  );
  const act = () => {
    const given = fields.map((field) => field.value.trim());
    while (given.length && given.at(-1) === "") given.pop();
    const args = given.map((word, i) => (tags[i][1] === "s" ? word : { tag: tags[i][1], value: Number(word) || 0 }));
    send(param.address, ...args);
  };
  return h("div.field.deed", {}, h("span.name", {}, label), h("div.row", {}, ...fields, button("Do", act)));
}
