// Where the picture goes: display, recording, window, quality, safety; all of it from the registry.

import { button, h } from "../core/dom.js";
import { send } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { control } from "../parts/control.js";
import { twice } from "../parts/sheet.js";
import { sending } from "./sending.js";

const GROUPS = [
  ["Window", "/window/", []],
  ["Output", "/output/", ["/output/thumbnail", "/output/next"]],
  ["Quality", "/quality/", []],
  ["Safety", "/safety/", []],
  ["Next picture", "/preview/", []],
  ["Painting over", "/refine/", []],
];
// What has a tab of its own.
const ELSEWHERE = /^\/output\/((map|light)\/|[^/]+\/(on|state)$)/;
const DISPLAY = ["/output/display", "/window/display"];

export function outputTab(body) {
  const ends = [displays(body), sending(body)];
  for (const [title, root, without] of GROUPS) {
    const members = [...params.values()].filter(
      (param) => param.address.startsWith(root) && !without.includes(param.address) && !ELSEWHERE.test(param.address) && param.kind !== "stream",
    );
    if (!members.length) continue;
    body.append(
      h("section.block", {}, h("h3", {}, title), h("div.params", {}, ...members.map((param) =>
        h("div.entry", {}, control(param), param.doc && h("p.doc", {}, param.doc))))),
    );
  }
  if (has("/show/quit")) {
    const quit = button("End the show", () => {}, { kind: "danger" });
    body.append(h("section.block", {}, h("h3", {}, "The end"), twice(quit, "Tap again to end the show", () => send("/show/quit"))));
  }
  return () => ends.forEach((end) => end());
}

// Displays by name, where the show takes one.
function displays(body) {
  const address = DISPLAY.find(has);
  if (!address || params.get(address).choices) return () => {};
  const row = h("div.row");
  body.append(h("section.block", {}, h("h3", {}, "Display"), row));
  return watch("#show", () => {
    const names = topics.show?.displays ?? [];
    row.replaceChildren(
      ...names.map((entry) => {
        const name = typeof entry === "string" ? entry : entry.name;
        return button(name, () => send(address, name));
      }),
    );
    if (!names.length) row.replaceChildren(h("p.none", {}, "No display is known."));
  });
}
