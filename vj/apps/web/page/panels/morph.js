// The morph pad: a point between four presets. It is drawn like a fader, and never jumps to the finger.

import { h, mark, say } from "../core/dom.js";
import { hold, letGo, wish } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { MORPH } from "../core/deeds.js";
import { drags } from "../parts/gesture.js";
import { toggle } from "../parts/control.js";
import { drawn } from "../parts/seen.js";

const PLACES = ["top left", "top right", "bottom left", "bottom right"];
const STEP = 0.02;

export function morph() {
  if (!has(MORPH.x) || !has(MORPH.y)) return null;
  const px = params.get(MORPH.x);
  const py = params.get(MORPH.y);
  const dot = h("i.dot");
  const slider = (param, label) =>
    h("i.axis", { role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": param.lo, "aria-valuemax": param.hi });
  const across = slider(px, "Morph, across");
  const down = slider(py, "Morph, down");
  const pad = h("div.pad", { "data-address": MORPH.x }, dot, across, down);
  let at = [0, 0];
  const now = () => [px.unscale(value(px.address, 0)), py.unscale(value(py.address, 0))];
  const set = (x, y) => {
    const clamp = (v) => Math.min(Math.max(v, 0), 1);
    at = [clamp(x), clamp(y)];
    wish(px.address, px.scale(at[0]));
    wish(py.address, py.scale(at[1]));
  };
  drags(pad, {
    begin() {
      at = now();
      hold(px.address);
      hold(py.address);
    },
    move: (dx, dy, fine) => {
      const by = fine ? 0.1 : 1;
      set(at[0] + (dx / pad.clientWidth) * by, at[1] + (dy / pad.clientHeight) * by);
    },
    end() {
      letGo(px.address);
      letGo(py.address);
    },
  });
  const keys = (event) => {
    const by = STEP * (event.shiftKey ? 0.1 : 1);
    const way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
    if (!way) return;
    const [x, y] = now();
    set(x + way[0], y + way[1]);
    event.preventDefault();
    event.stopPropagation();
  };
  across.addEventListener("keydown", keys);
  down.addEventListener("keydown", keys);

  const corners = PLACES.map((place, i) => corner(i, place));
  const show = drawn(pad, () => {
    const [x, y] = now();
    dot.style.transform = `translate(${(x * pad.clientWidth).toFixed(1)}px, ${(y * pad.clientHeight).toFixed(1)}px)`;
    for (const [axis, v] of [[across, x], [down, y]]) mark(axis, "aria-valuenow", v.toFixed(2));
    const weights = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
    corners.forEach((each, i) => each.style.setProperty("--w", weights[i].toFixed(2)));
  });
  watch(px.address, show);
  watch(py.address, show);
  new ResizeObserver(show).observe(pad);
  const head = h("div.row", {}, h("h3", {}, "Morph pad"));
  if (has(MORPH.on)) head.append(toggle(params.get(MORPH.on), "on"));
  return h("div.morph", {}, head, h("div.pad-box", {}, pad, ...corners));
}

// Which preset lies in a corner: a menu of the slots that hold one.
function corner(i, place) {
  const select = h("select", { "aria-label": `Preset ${place}` });
  const picture = h("img", { alt: "", draggable: "false" });
  picture.addEventListener("error", () => picture.removeAttribute("src"));
  const name = h("span.name");
  select.addEventListener("change", () => wish(MORPH.corners[i], Number(select.value)));
  const node = h(`label.corner.c${i + 1}`, {}, picture, name, select);
  watch("#presets", () => {
    const { names = {}, corners = [], bank = 1 } = topics.presets ?? {};
    const slot = corners[i] ?? 0;
    const options = [["0", "—"], ...Object.entries(names).map(([n, words]) => [n, `${n} ${words}`])];
    select.replaceChildren(...options.map(([v, words]) => h("option", { value: v }, words)));
    select.value = String(slot || 0);
    say(name, slot ? names[slot] || String(slot) : "—");
    const src = slot && names[slot] !== undefined ? `/-/thumb/preset/${bank}/${slot}.jpg?${encodeURIComponent(names[slot])}` : "";
    if (picture.getAttribute("src") !== src) {
      if (src) picture.src = src;
      else picture.removeAttribute("src");
    }
  });
  return node;
}
