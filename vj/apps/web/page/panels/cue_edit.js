// Making a cue list by hand: add what is on, update, rename, move, remove. Only while the lock is open.

import { button, h, mark } from "../core/dom.js";
import { send } from "../core/link.js";
import { has } from "../core/registry.js";
import { topics } from "../core/store.js";
import { CUE, deed, UNDO } from "../core/deeds.js";
import { openSheet, closeSheet, toast, twice } from "../parts/sheet.js";

// What turns `list` into an editor: {toggle, tools(number), show(row, cue, all), foot, end(), can}.
export function editing(list) {
  let on = false;
  const can = has(CUE.add);
  const toggle = button("Edit", () => set(!on), { kind: "small", glyph: "edit", name: "Edit the cues" });
  const add = button("Add what is on as a cue", () => {
    send(CUE.add);
    toast("Added as a cue");
  }, { kind: "wide", glyph: "plus" });
  const fresh = twice(button("New set", () => {}, { kind: "small", glyph: "plus", name: "Begin a new set with what is on" }), "Tap again for a new set", () => {
    send(CUE.fresh);
    toast("A new set begins; the one before is kept in its file", "Undo", has(UNDO) ? () => deed(UNDO) : null);
  });
  const foot = h("div.row.foot", { hidden: true }, add, has(CUE.fresh) && fresh);
  const set = (to) => {
    on = to;
    mark(toggle, "aria-pressed", String(on));
    list.classList.toggle("editing", on);
    foot.hidden = !on;
  };
  set(false);

  return { toggle, foot, can, end: () => set(false), tools, show };

  function tools(number) {
    const edit = button("", () => sheet(number), { kind: "small tool", glyph: "edit", name: `Edit cue ${number}` });
    const up = button("", () => move(number, -1), { kind: "small tool", glyph: "up", name: `Move cue ${number} up` });
    const down = button("", () => move(number, 1), { kind: "small tool", glyph: "down", name: `Move cue ${number} down` });
    return h("span.tools", {}, up, down, edit);
  }

  function show(row, cue, all) {
    const [up, down] = row.querySelectorAll(".tool");
    up.disabled = all[0]?.number === cue.number || !has(CUE.move);
    down.disabled = all.at(-1)?.number === cue.number || !has(CUE.move);
  }
}

// Cues are moved to a place, counted from 1.
function move(number, by) {
  const all = topics.cues?.cues ?? [];
  const place = all.findIndex((cue) => cue.number === number);
  send(CUE.move, number, { tag: "i", value: place + 1 + by });
}

function sheet(number) {
  const cue = topics.cues?.cues.find((entry) => entry.number === number);
  if (!cue) return;
  const field = (label, key, address, hint) => {
    const input = h("input", { type: "text", value: cue[key] ?? "", placeholder: hint, autocomplete: "off" });
    input.addEventListener("change", () => send(address, number, input.value.trim()));
    return has(address) && h("label.field", {}, h("span.name", {}, label), input);
  };
  const remove = twice(button("Remove", () => {}, { kind: "danger", glyph: "bin" }), "Tap again to remove", () => {
    send(CUE.remove, number);
    closeSheet();
    toast(`Cue ${number} is removed`);
  });
  const update = button("Update with what is on", () => {
    send(CUE.update, number);
    closeSheet();
    toast(`Cue ${number} is what is on now`);
  }, { glyph: "keep" });
  openSheet(`Cue ${number}`, [
    field("name", "name", CUE.rename, "a name"),
    field("notes", "notes", CUE.notes, "what to think of"),
    field("fade", "fade", CUE.fade, "4 beats, 2 s, 1 bar"),
    field("goes on after", "follow", CUE.follow, "16 bars; empty: by hand"),
    field("goes at time code", "at", CUE.at, "01:02:03:04; empty: at none"),
    h("div.row", {}, has(CUE.update) && update, has(CUE.remove) && remove),
  ].filter(Boolean));
}
