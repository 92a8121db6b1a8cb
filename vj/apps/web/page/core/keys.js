// The keys of the program window, on the page too; vj/devices/keys.py is where they are from, and a test holds them together.

import { send } from "./link.js";
import { has } from "./registry.js";
import { topics } from "./store.js";

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
  "ctrl+i": ["/audio/next", []],
  "ctrl+m": ["/window/next", []],
  "ctrl+r": ["/output/record", TOGGLE],
  "ctrl+s": ["/desk/keep", []],
  "ctrl+z": ["/desk/undo", []],
  "ctrl+shift+z": ["/desk/redo", []],
  "ctrl+y": ["/desk/redo", []],
};
for (let n = 1; n <= 10; n++) {
  KEYS[n % 10] = ["/model/pad", [n - 1]];
  KEYS[`shift+${n % 10}`] = ["/look/pad", [n - 1]];
}
for (const [key, by] of [["right", 10], ["pagedown", 10], ["left", -10], ["pageup", -10]]) {
  KEYS[key] = ["/model/page", [by]];
  KEYS[`shift+${key}`] = ["/look/page", [by]];
}
// The page never ends the show, and turns itself over.
const NOT_HERE = new Set(["ctrl+q", "pageup", "pagedown", "shift+pageup", "shift+pagedown"]);
const NAMES = { " ": "space", arrowup: "up", arrowdown: "down", arrowleft: "left", arrowright: "right" };

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
    let act = KEYS[keys];
    if (!act || NOT_HERE.has(keys) || event.repeat && !/^(up|down|left|right)$/.test(keys)) return;
    if (keys === "space" && !(topics.cues?.cues ?? []).length) act = ["/master/freeze", TOGGLE];
    const [address, args] = act;
    if (!has(address)) return;
    event.preventDefault();
    send(address, ...args.map((arg) => (typeof arg === "number" && address !== "/audio/gain" ? { tag: "i", value: arg } : arg)));
  });
}
