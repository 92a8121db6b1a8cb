// A fader that is drawn, never jumped to: what counts is how far a finger goes, not where it was laid.

import { h, mark, say } from "../core/dom.js";
import { hold, letGo, wish } from "../core/link.js";
import { among, topics, value, watch } from "../core/store.js";
import { drags } from "./gesture.js";
import { drawn } from "./seen.js";

const FINE = 0.1;
const STEP = 0.01; // of the way, for an arrow key
const LEAP = 0.1; // for a page
const DOUBLE = 320; // ms between two taps
const STILL = 5; // px that a tap may move

// A slider for a number. `onmenu` is asked for by a long press that does not move.
export function fader(param, { label = param.name, onmenu = null } = {}) {
  const words = h("output.value", { "aria-hidden": "true" });
  const name = h("span.name", {}, label);
  const fill = h("i.fill");
  const ghost = h("i.ghost", { hidden: true });
  const sway = h("i.sway", { hidden: true });
  const node = h(
    "div.fader",
    {
      role: "slider",
      tabindex: "0",
      "aria-label": label,
      "aria-description": param.doc,
      "aria-valuemin": param.lo,
      "aria-valuemax": param.hi,
      "data-address": param.address,
    },
    fill,
    sway,
    ghost,
    h("span.face", {}, name, words),
  );
  let x = 0; // where the finger has drawn it, 0..1
  let path = 0; // px since it was laid on, and those of them along the fader
  let along = 0;
  let tapped = -Infinity;
  let pressed = 0;
  let moving = false;
  // what a modulation moves it round; else what it is
  const base = () => among("moved", param.address) ? topics.base?.[param.address] : undefined;
  const meant = () => base() ?? value(param.address, param.default ?? param.lo);
  const here = () => param.unscale(meant());
  const set = (to) => {
    x = Math.min(Math.max(to, 0), 1);
    if (base() !== undefined) topics.base[param.address] = param.scale(x);
    wish(param.address, param.scale(x));
  };
  const tall = () => getComputedStyle(node).getPropertyValue("--tall").trim() === "1";
  let upright = false;
  let menu = 0;

  drags(node, {
    begin() {
      upright = tall();
      mark(node, "aria-orientation", upright ? "vertical" : null);
      x = here();
      path = along = 0;
      pressed = performance.now();
      moving = false;
      hold(param.address);
      if (onmenu) menu = setTimeout(() => path < STILL && onmenu(), 600);
    },
    move(dx, dy, fine) {
      path += Math.hypot(dx, dy);
      along += upright ? dy : dx;
      if (path >= STILL) clearTimeout(menu);
      // a finger that scrolls over a fader holds nothing
      if (!moving && Math.abs(along) < STILL) return;
      moving = true;
      const length = upright ? node.clientHeight : node.clientWidth;
      set(x + ((upright ? -dy : dx) / Math.max(length, 1)) * (fine ? FINE : 1));
    },
    end() {
      clearTimeout(menu);
      letGo(param.address);
      const now = performance.now();
      if (path >= STILL || now - pressed > DOUBLE) return;
      if (now - tapped < DOUBLE && param.default !== undefined) wish(param.address, param.default);
      tapped = now;
    },
  });

  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const least = param.kind === "int" ? 1 / (param.hi - param.lo || 1) : 0;
    const step = Math.max(STEP * (event.shiftKey ? FINE : 1), least);
    const now = here();
    const to = {
      ArrowUp: now + step,
      ArrowRight: now + step,
      ArrowDown: now - step,
      ArrowLeft: now - step,
      PageUp: now + Math.max(LEAP, least),
      PageDown: now - Math.max(LEAP, least),
      Home: 0,
      End: 1,
    }[event.key];
    if (to !== undefined) set(to);
    else if (event.key === "Delete" && param.default !== undefined) wish(param.address, param.default);
    else if (event.key === "Enter" && onmenu) onmenu();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  let at = "";
  const paint = () => {
    const now = meant();
    const to = param.unscale(now).toFixed(3);
    if (to !== at) fill.style.setProperty("--x", (at = to)); // on the fill alone: nothing below has to be looked at again
    const swayed = base() !== undefined;
    if (sway.hidden === swayed) sway.hidden = !swayed;
    if (swayed) sway.style.setProperty("--x", param.unscale(value(param.address, now)).toFixed(3));
    const shown = param.words(now);
    say(words, shown);
    mark(node, "aria-valuenow", Number(now).toFixed(param.digits));
    mark(node, "aria-valuetext", shown);
  };
  paint();
  node.addEventListener("focus", paint); // who reads the page aloud need not see it
  const show = drawn(node, paint);
  const wait = drawn(node, () => {
    const knob = (topics.waiting ?? []).find(([address]) => address === param.address);
    ghost.hidden = !knob;
    if (knob) {
      ghost.style.setProperty("--ghost", knob[1].toFixed(4));
      mark(ghost, "data-way", knob[1] < knob[2] ? "up" : "down");
    }
    node.classList.toggle("waits", Boolean(knob));
  });
  watch(param.address, show);
  watch("#base", show);
  watch("#waiting", wait);
  bindState(node, param.address);
  return node;
}

// Who says the value: the hand that holds it, the cue or look, a modulation.
export function bindState(node, address) {
  const show = drawn(node, () => {
    node.classList.toggle("held", among("held", address));
    node.classList.toggle("cued", among("cued", address));
    node.classList.toggle("moved", among("moved", address));
  });
  for (const topic of ["#held", "#cued", "#moved"]) watch(topic, show);
}
