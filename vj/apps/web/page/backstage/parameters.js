// Every parameter there is, by its group, with a field to find one.

import { button, h, mark } from "../core/dom.js";
import { params } from "../core/registry.js";
import { among, topics } from "../core/store.js";
import { control } from "../parts/control.js";

const HIDDEN = /^\/(show\/quit|output\/(thumbnail|next))$/;
let wanted = "";
let only = "";

export function parametersTab(body) {
  const search = h("input", {
    type: "search",
    placeholder: "Find a parameter: bloom, psi, attack …",
    "aria-label": "Find a parameter",
    value: wanted,
    oninput: () => {
      wanted = search.value;
      show();
    },
  });
  const filters = [["", "All"], ["held", "Held"], ["cued", "From the cue"], ["moved", "Moved"]].map(([topic, words]) => {
    const node = button(words, () => {
      only = topic;
      show();
    }, { kind: "small" });
    node.dataset.topic = topic;
    return node;
  });
  const list = h("div.groups");
  const none = h("p.none", { role: "status" }, "No such parameter.");
  body.append(h("div.row.find", {}, search, ...filters), none, list);
  const show = () => {
    for (const node of filters) mark(node, "aria-pressed", String(node.dataset.topic === only));
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [...params.values()].filter((param) => {
      if (HIDDEN.test(param.address) || param.kind === "stream") return false;
      if (only && !among(only, param.address)) return false;
      const text = `${param.address} ${param.doc}`.toLowerCase().replaceAll("_", " ");
      return words.every((word) => text.includes(word));
    });
    const groups = new Map();
    for (const param of found) {
      if (!groups.has(param.group)) groups.set(param.group, []);
      groups.get(param.group).push(param);
    }
    none.hidden = found.length > 0;
    const open = words.length > 0 || only !== "" || found.length < 30;
    list.replaceChildren(...[...groups].sort(([a], [b]) => a.localeCompare(b)).map(([name, members]) => group(name, members, open)));
  };
  show();
}

// A group is made when it is opened.
function group(name, members, open) {
  const inside = h("div.params");
  const fill = () => {
    if (inside.childElementCount) return;
    inside.append(
      ...members.map((param) => h("div.entry", {}, control(param), param.doc && h("p.doc", {}, param.doc))),
    );
  };
  const count = members.filter((param) => (topics.held ?? []).includes(param.address)).length;
  const node = h(
    "details.group",
    { open },
    h("summary", {}, h("b", {}, name.replaceAll("/", " · ").replaceAll("_", " ")), h("span", {}, `${members.length}${count ? ` · ${count} held` : ""}`)),
    inside,
  );
  node.addEventListener("toggle", () => node.open && fill());
  if (open) fill();
  return node;
}
