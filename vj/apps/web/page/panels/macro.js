// What a macro moves, put together while it is played: add by touching, ends, and which way round.

import { button, each, h } from "../core/dom.js";
import { send } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { MACRO } from "../core/deeds.js";
import { unlocked } from "../core/lock.js";
import { closeSheet, toast } from "../parts/sheet.js";

const whole = (value) => ({ tag: "i", value });

// The rows of macro `n` for the sheet that says more of it.
export function targets(n) {
  const rows = h("div.rows");
  const can = unlocked() && has(MACRO.assign);
  const end = watch("#macros", () => {
    if (!rows.isConnected && rows.childElementCount) return end();
    each(rows, topics.macros?.[n] ?? [], ({ address }) => address, (target) => row(n, target, can), (node, target) => {
      node.querySelectorAll("input").forEach((field, i) => {
        if (document.activeElement !== field) field.value = String(round([target.lo, target.hi][i]));
      });
    });
  });
  const learn = button("Add by touching", () => {
    send(MACRO.learn, whole(n));
    closeSheet();
    toast(`Macro ${n}: touch what it is to move`, "Cancel", () => send(MACRO.learn, whole(0)));
  }, { glyph: "plus" });
  return [h("h3", {}, "It moves"), rows, can && learn].filter(Boolean);
}

const round = (x) => Math.round(x * 1e4) / 1e4;

function row(n, { address, lo, hi, curve = "" }, can) {
  const param = params.get(address);
  const name = h("span.name", {}, address);
  if (!can) return h("div.row.listed", {}, name, h("span.note", {}, `${param?.words(lo) ?? lo} to ${param?.words(hi) ?? hi}`));
  const ends = [lo, hi];
  const field = (i) => {
    const input = h("input", { type: "text", inputmode: "decimal", value: round(ends[i]), "aria-label": `${address}: value at ${i}` });
    input.addEventListener("change", () => {
      const now = Number(input.value);
      if (!Number.isFinite(now)) return toast(`${input.value} is no number`);
      ends[i] = now;
      send(MACRO.assign, whole(n), address, ends[0], ends[1], ...(curve ? [curve] : []));
    });
    return input;
  };
  const drop = button("", () => send(MACRO.drop, whole(n), address), { glyph: "bin", kind: "tool", name: `Macro ${n} no longer moves ${address}` });
  return h("div.row.macro-target", {}, name, field(0), h("span", { "aria-hidden": "true" }, "–"), field(1), drop);
}
