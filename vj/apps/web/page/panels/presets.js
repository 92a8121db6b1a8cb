// Sixteen slots of what was found, in banks: a tap recalls, a long press stores. A full slot asks for a second one.

import { button, each, h, mark, panel } from "../core/dom.js";
import { send, wish } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { onLock, unlocked } from "../core/lock.js";
import { deed, PRESET, UNDO } from "../core/deeds.js";
import { choice, control, toggle } from "../parts/control.js";
import { tile } from "../parts/tile.js";
import { closeSheet, openSheet, toast, twice } from "../parts/sheet.js";
import { morph } from "./morph.js";

const SLOTS = 16;
const ARMED = 4000; // ms in which the second press stores

export function presets() {
  if (!has("/preset/1/recall")) return null;
  const grid = h("div.grid.presets");
  let storing = false;
  let editing = false;
  let armed = 0;
  let versions = {}; // slot -> how often it was stored from here, so that its picture is asked for anew
  let timer = 0;

  const store = (slot) => {
    const name = topics.presets?.names?.[slot];
    if (name !== undefined && !unlocked()) return toast("The lock is closed: only an empty slot takes something");
    if (name !== undefined && armed !== slot) {
      arm(slot);
      return toast(`Slot ${slot} holds ${name || "something"}: once more to overwrite it`);
    }
    arm(0);
    versions[slot] = Date.now();
    send(`/preset/${slot}/store`);
    mode(false);
    toast(`Stored in slot ${slot}`, "Undo", has(UNDO) ? () => deed(UNDO) : null);
    // the picture is made once the store is done
    setTimeout(() => {
      versions[slot] = Date.now();
      show();
    }, 1500);
  };
  const arm = (slot) => {
    armed = slot;
    clearTimeout(timer);
    if (slot) timer = setTimeout(arm, ARMED, 0);
    show();
  };

  const show = () => {
    const { names = {}, looks = {}, on, bank = value("/preset/bank", 1) } = topics.presets ?? {};
    each(
      grid,
      Array.from({ length: SLOTS }, (_, i) => i + 1),
      (slot) => slot,
      (slot) => {
        const made = tile(
          () => (storing ? store(slot) : editing ? edit(slot) : names_()[slot] !== undefined && send(`/preset/${slot}/recall`)),
          () => store(slot),
        );
        Object.assign(made.node.dataset, { slot, address: `/preset/${slot}/recall` });
        made.node.vjTile = made;
        return made.node;
      },
      (node, slot) => {
        const name = names[slot];
        const full = name !== undefined;
        node.classList.toggle("free", !full);
        node.classList.toggle("armed", armed === slot);
        node.classList.toggle("storing", storing);
        const shown = full ? name || `preset ${slot}` : storing ? "store here" : "empty";
        node.vjTile.show({
          label: armed === slot ? "overwrite?" : shown,
          on: full && String(on) === String(slot),
          digit: String(slot),
          other: full && looks[slot] ? `/-/thumb/look/${encodeURIComponent(looks[slot])}.jpg` : "",
          picture: full ? `/-/thumb/preset/${bank}/${slot}.jpg?${versions[slot] ?? encodeURIComponent(name)}` : "",
          hint: full ? "Tap to recall; hold, or Shift and Enter, to store" : "Hold, or Shift and Enter, to store",
        });
      },
    );
  };
  const names_ = () => topics.presets?.names ?? {};

  const mode = (store, edit = false) => {
    [storing, editing] = [store, edit];
    mark(storeButton, "aria-pressed", String(storing));
    mark(editButton, "aria-pressed", String(editing));
    grid.classList.toggle("editing", editing);
    show();
  };
  const editButton = button("Edit", () => mode(false, !editing), { kind: "small", glyph: "edit", name: "Edit: then tap a slot" });
  const storeButton = button("Store", () => mode(!storing), { kind: "small", glyph: "keep", name: "Store: then tap a slot" });
  const row = h("div.row", {}, banks());
  if (has("/preset/next")) row.append(button("Next", () => send("/preset/next"), { kind: "small" }));
  if (has("/preset/lock")) row.append(toggle(params.get("/preset/lock"), "lock"));
  if (has("/preset/fade")) row.append(control(params.get("/preset/fade"), { label: "fade", more: false }));
  if (has("/preset/unit")) row.append(choice(params.get("/preset/unit"), "in"));
  const { node, head } = panel("presets", "Presets", row, h("div.presets-body", {}, grid, morph()));
  head.append(editButton, storeButton);
  mode(false);
  onLock((open) => {
    storeButton.hidden = editButton.hidden = !open;
    if (!open) mode(false);
  });
  watch("#presets", show);
  watch("/preset/bank", show);
  return node;
}

// Name a slot, or empty it.
function edit(slot) {
  const name = topics.presets?.names?.[slot];
  if (name === undefined) return toast("There is nothing in this slot");
  const field = h("input", { type: "text", value: name, placeholder: "a name", autocomplete: "off" });
  field.addEventListener("change", () => send(PRESET.name(slot), field.value.trim()));
  const clear = twice(button("Empty this slot", () => {}, { kind: "danger", glyph: "bin" }), "Tap again to empty it", () => {
    send(PRESET.clear, String(slot));
    closeSheet();
    toast(`Slot ${slot} is empty`, "Undo", has(UNDO) ? () => deed(UNDO) : null);
  });
  openSheet(`Preset ${slot}`, [h("label.field", {}, h("span.name", {}, "name"), field), has(PRESET.clear) && clear].filter(Boolean));
}

function banks() {
  const param = params.get("/preset/bank");
  if (!param) return "";
  const words = h("output", {}, "bank 1");
  const step = (by) => {
    const now = Number(value(param.address, param.lo)) + by;
    wish(param.address, now > param.hi ? param.lo : now < param.lo ? param.hi : now);
  };
  watch(param.address, () => (words.textContent = `bank ${value(param.address)}`));
  return h(
    "div.stepper",
    { role: "group", "aria-label": "Bank of presets" },
    button("", () => step(-1), { kind: "small", glyph: "left", name: "Bank before" }),
    words,
    button("", () => step(1), { kind: "small", glyph: "right", name: "Next bank" }),
  );
}
