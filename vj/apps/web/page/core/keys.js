// The keys of the program window, on the page too; vj/devices/keys.py is where they are from, and a test holds them together.

import { send } from "./link.js";
import { has } from "./registry.js";
import { unlocked } from "./lock.js";
import { topics, value } from "./store.js";

const TOGGLE = ["toggle"];
// "ctrl+shift+key" -> address and arguments, as there.
export const KEYS = {
  f: ["/window/fullscreen", TOGGLE],
  f11: ["/window/fullscreen", TOGGLE],
  "ctrl+f": ["/window/fullscreen", TOGGLE],
  escape: ["/window/hud", TOGGLE],
  h: ["/window/hud", TOGGLE],
  f1: ["/window/help", TOGGLE],
  l: ["/window/learn", TOGGLE],
  "ctrl+q": ["/show/quit", []],
  space: ["/cue/go", []],
  b: ["/master/blackout", TOGGLE],
  z: ["/master/freeze", TOGGLE],
  "shift+p": ["/master/panic", []],
  n: ["/cue/go", []],
  "shift+n": ["/cue/go", []],
  p: ["/cue/back", []],
  backspace: ["/cue/back", []],
  "shift+backspace": ["/cue/back", []],
  r: ["/latent/reseed", []],
  "shift+r": ["/latent/reseed", []],
  s: ["/director/ganterpretations/switch", []],
  t: ["/tempo/tap", []],
  "shift+t": ["/tempo/resync", []],
  up: ["/audio/gain", ["+", 1]],
  down: ["/audio/gain", ["-", 1]],
  i: ["/window/pick", ["input"]],
  m: ["/window/pick", ["display"]],
  w: ["/output/map/edit", TOGGLE],
  "ctrl+i": ["/audio/next", []],
  "ctrl+m": ["/window/next", []],
  "ctrl+r": ["/output/record", TOGGLE],
  "ctrl+s": ["/desk/keep", []],
  "ctrl+z": ["/desk/undo", []],
  "ctrl+shift+z": ["/desk/redo", []],
  "ctrl+y": ["/desk/redo", []],
  enter: ["/replay/play", TOGGLE],
  comma: ["/replay/position", ["-", 5]],
  period: ["/replay/position", ["+", 5]],
  home: ["/replay/position", [0]],
  bracketleft: ["/replay/mark/in", []],
  bracketright: ["/replay/mark/out", []],
  o: ["/replay/loop", TOGGLE],
  d: ["/replay/mode/next", []],
};
for (let n = 1; n <= 10; n++) KEYS[`ctrl+${n % 10}`] = [`/preset/${n}/store`, []];

const KINDS = ["class", "look", "preset"];
const ROWS = { class: "/model", look: "/look" };
const PAGES = { right: 1, pagedown: 1, left: -1, pageup: -1 };
const DIGITS = "/window/digits";
export const chosen = () => value(DIGITS, "class");
const after = (kind) => KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length];

// What a chord means while the digits choose `digits`: address and arguments, or nothing.
export function meaning(keys, digits, cues = true) {
  if (keys === "space" && !cues) return ["/master/freeze", TOGGLE];
  if (KEYS[keys]) return KEYS[keys];
  const shift = keys.startsWith("shift+");
  const key = shift ? keys.slice(6) : keys;
  if (key === "tab") return [DIGITS, [after(digits)]];
  const row = ROWS[shift ? after(digits) : digits];
  if (key in PAGES) return row ? [`${row}/page`, [10 * PAGES[key]]] : ["/preset/bank", [PAGES[key] > 0 ? "+" : "-", 1]];
  if (!/^\d$/.test(key)) return null;
  const number = Number(key) || 10;
  return row ? [`${row}/pad`, [number - 1]] : [`/preset/${number}/recall`, []];
}

// The key on which the n-th of a row of `kind` lies that begins with `first`: "1", "⇧1", or none.
export function keyOf(kind, n, first, count) {
  const place = (((n - first) % count) + count) % count;
  const sign = { [chosen()]: "", [after(chosen())]: "⇧" }[kind];
  return place < 10 && sign !== undefined ? `${sign}${(place + 1) % 10}` : "";
}

// The page never ends the show, opens no list on the wall, turns itself over, and leaves Tab to who goes through it by keyboard.
const NOT_HERE = /^(ctrl\+q|[im]|(shift\+)?(tab|pageup|pagedown))$/;
const STORES = /^\/preset\/(\d+)\/store$/;
const NAMES = {
  " ": "space", arrowup: "up", arrowdown: "down", arrowleft: "left", arrowright: "right",
  ",": "comma", ".": "period", "[": "bracketleft", "]": "bracketright",
};

// The chord of a keyboard event by our names.
export function chord(event) {
  let key = event.key.toLowerCase();
  key = NAMES[key] ?? key;
  if (event.shiftKey && /^Digit\d$/.test(event.code)) key = event.code.at(-1); // a shifted digit prints another sign
  const ctrl = event.ctrlKey || event.metaKey ? "ctrl+" : "";
  return `${ctrl}${event.shiftKey ? "shift+" : ""}${key}`;
}

const typing = (node) =>
  node.isContentEditable || node.tagName === "TEXTAREA" || node.tagName === "SELECT" ||
  (node.tagName === "INPUT" && node.type !== "range" && node.type !== "checkbox");

// Listen for keys; `own` are the page's: chord -> function that says whether it did anything.
export function listen(own) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || typing(event.target)) return;
    const keys = chord(event);
    // what is focused comes first: Space and Enter press it, arrows move it
    const focused = event.target !== document.body && event.target.closest("button, a, input, [role=slider]");
    if (focused && (keys === "space" || keys === "enter")) return;
    if (own[keys]?.(event)) return event.preventDefault();
    const act = meaning(keys, chosen(), (topics.cues?.cues ?? []).length > 0);
    if (!act || NOT_HERE.test(keys) || (event.repeat && !/^(up|down|left|right)$/.test(keys))) return;
    const [address, args] = act;
    const slot = STORES.exec(address)?.[1];
    if (!has(address) || (slot && !unlocked() && topics.presets?.names?.[slot] !== undefined)) return;
    event.preventDefault();
    send(address, ...args.map((arg) => (typeof arg === "number" && args[0] !== "+" && args[0] !== "-" ? { tag: "i", value: arg } : arg)));
  });
}
