// What the hands lie on: master, fade, reactivity, speed, and eight macros.

import { button, each, h, panel } from "../core/dom.js";
import { send } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { RELEASE } from "../core/deeds.js";
import { control } from "../parts/control.js";
import { targets } from "./macro.js";
import { openSheet } from "../parts/sheet.js";

const MASTERS = [
  ["/master/level", "master"],
  ["/master/fade", "fade"],
  ["/master/reactivity", "react"],
  ["/master/speed", "speed"],
];
const MACROS = 8;

export function hands() {
  const masters = h("div.faders.masters");
  for (const [address, label] of MASTERS) if (has(address)) masters.append(control(params.get(address), { label }));
  const macros = h("div.faders.macros");
  for (let n = 1; n <= MACROS; n++) {
    const address = `/macro/${n}`;
    if (has(address)) macros.append(macro(n, params.get(address)));
  }
  const { node, head } = panel("hands", "Hands", h("div.desk", {}, masters, macros));
  head.append(heldChip());
  return node;
}

// A macro is called after what it moves.
function macro(n, param) {
  const node = control(param, { label: `macro ${n}`, extra: () => targets(n) });
  const name = node.querySelector(".name");
  const moves = h("small.moves");
  name.replaceChildren(h("b", {}, String(n)), moves);
  watch("#macros", () => {
    const moved = topics.macros?.[n] ?? [];
    const names = moved.map(({ address }) => address.split("/").slice(-2).join(" ").replaceAll("_", " "));
    moves.textContent = names.map((words) => words.replace(/^(latent|master|model) /, "")).join(" + ") || "free";
    node.querySelector(".fader").setAttribute("aria-label", `Macro ${n}: ${names.join(" and ") || "free"}`);
  });
  return node;
}

// How many values are held by hand; a tap lists them, each to be let go.
function heldChip() {
  const chip = button("0 held", list, { kind: "chip", title: "What is held by hand against the cue" });
  const words = chip.querySelector("span");
  watch("#held", () => {
    const count = topics.held?.length ?? 0;
    words.textContent = count ? `${count} held` : "none held";
    chip.disabled = !count;
    chip.classList.toggle("held", count > 0);
  });
  return chip;
}

function list() {
  const rows = h("div.rows");
  const end = watch("#held", () =>
    each(
      rows,
      topics.held ?? [],
      (address) => address,
      (address) => {
        const row = h("div.row.listed", {}, h("code", {}, address));
        if (has(RELEASE)) row.append(button("Release", () => send(RELEASE, address), { kind: "small", glyph: "release", name: `Release ${address}` }));
        return row;
      },
    ),
  );
  const all = button("Release all", () => {
    for (const address of topics.held ?? []) send(RELEASE, address);
  });
  openSheet("Held by hand", [h("p.doc", {}, "These stay as you set them until you let go, or a cue sets them."), rows, has(RELEASE) && all].filter(Boolean), end);
}
