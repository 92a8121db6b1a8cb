// What is always there: BLACKOUT, FREEZE and PANIC, and under them how the show runs.

import { button, h, icon, mark, say } from "../core/dom.js";
import { linked, send, stream, wish } from "../core/link.js";
import { has } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { deed, UNDO } from "../core/deeds.js";
import { openSheet, toast } from "../parts/sheet.js";

const BUSY = 600; // ms that a dot stays lit

export function foot() {
  return [h("div.foot-row", {}, go(), safety()), strip()];
}

// GO again, for pages on which the cue list scrolls away.
function go() {
  const node = h("button.button.go", { type: "button", "data-address": "/cue/go", onclick: () => send("/cue/go") }, h("b", {}, "GO"), h("span.next"));
  const back = button("", () => send("/cue/back"), { kind: "back", glyph: "left", name: "Back to the cue before" });
  watch("#cues", () => {
    const { cues = [], standby } = topics.cues ?? {};
    const next = cues.find((cue) => cue.number === standby);
    say(node.lastChild, next ? `${next.number} ${next.name}` : cues.length ? "the end" : "no cues");
    mark(node, "aria-label", next ? `Go: cue ${next.number} ${next.name}` : "Go");
    node.disabled = back.disabled = !cues.length;
  });
  return h("div.foot-go", { role: "group", "aria-label": "Cues" }, back, node);
}

function safety() {
  const hold = (address, words, glyph, kind) => {
    const act = () => wish(address, !value(address));
    const node = h(`button.safe.${kind}`, { type: "button", "aria-pressed": "false", "data-address": address, onclick: act }, icon(glyph), h("span", {}, words));
    watch(address, () => mark(node, "aria-pressed", String(Boolean(value(address)))));
    return node;
  };
  const panic = h("button.safe.panic", { type: "button", "data-address": "/master/panic", "aria-description": "Let go of everything held" }, icon("panic"), h("span", {}, "PANIC"));
  panic.addEventListener("click", () => {
    if (!send("/master/panic")) return toast("Not in touch with the show");
    toast("PANIC: everything held was let go", "Undo", has(UNDO) ? () => deed(UNDO) : null);
  });
  return h(
    "div.safety",
    { role: "group", "aria-label": "Always there" },
    hold("/master/blackout", "BLACKOUT", "black", "black"),
    hold("/master/freeze", "FREEZE", "freeze", "freeze"),
    panic,
  );
}

// Frames that come so much later than on average are late.
const LATE = 1.5;
// [stream, name, how it reads, from where it is too much]
const FIGURES = [
  ["/status/fps", "fps", (x) => x.toFixed(0), null],
  ["/status/p95", "p95", (x) => `${x.toFixed(0)} ms`, () => LATE * mean],
  ["/status/dropped", "dropped", (x) => x.toFixed(0), null],
  ["/status/audio_ms", "sound", (x) => `${x.toFixed(0)} ms`, () => 120],
  ["/status/memory", "memory", (x) => `${x.toFixed(0)} MB`, null],
  ["/status/gpu_mem", "GPU", (x) => `${x.toFixed(0)} MB`, null],
];

const MAJOR = new Set(["fps", "p95"]); // what a phone has room for

let mean = Infinity;

function strip() {
  stream("/status/frame_ms", ([x]) => (mean = x || Infinity));
  const figures = FIGURES.map(([address, name, words, much]) => {
    const shown = h("b");
    const node = h(`span.figure${MAJOR.has(name) ? "" : ".minor"}`, { hidden: true }, h("small", {}, name), shown);
    stream(address, ([x]) => {
      if (typeof x !== "number") return;
      node.hidden = address === "/status/gpu_mem" && !x;
      say(shown, words(x));
      node.classList.toggle("much", much !== null && x > much());
    });
    return node;
  });
  const last = h("button.last", { type: "button", "aria-label": "Messages", onclick: log });
  last.append(h("span"));
  const words = last.firstChild;
  const news = () => {
    if (!linked.now) return say(words, "not in touch with the show: trying again");
    const notices = topics.show?.notices ?? [];
    const newest = notices.at(-1);
    say(words, typeof newest === "string" ? newest : (newest?.text ?? "all is well"));
  };
  watch("#show", news);
  addEventListener("vj-link", news);
  news();
  return h("div.strip", { role: "group", "aria-label": "Status" }, ...figures, h("span.dots", {}, ...dots()), last);
}

// A dot for each way in that blinks when something comes.
function dots() {
  return [
    ["MIDI", "midi", () => topics.show?.midi?.activity],
    ["OSC", "osc", () => topics.show?.activity?.osc],
    ["Link", "link", () => topics.show?.activity?.link],
  ].map(([name, kind, count]) => {
    const lamp = h("i");
    const node = h(`span.dot.${kind}`, { "aria-hidden": "true" }, lamp, name);
    let before;
    let timer = 0;
    watch("#show", () => {
      const now = count();
      node.classList.toggle("absent", now === undefined || now === null);
      if (kind === "link") return void lamp.classList.toggle("on", now > 0); // others are there, or not
      if (before !== undefined && now !== before) {
        lamp.classList.add("on");
        clearTimeout(timer);
        timer = setTimeout(() => lamp.classList.remove("on"), BUSY);
      }
      before = now;
    });
    return node;
  });
}

// All that was said lately.
export function log() {
  const list = h("ol.log");
  const end = watch("#show", () => {
    const notices = [...(topics.show?.notices ?? [])].reverse();
    list.replaceChildren(...notices.map((notice) => h("li", {}, typeof notice === "string" ? notice : notice.text)));
    if (!notices.length) list.replaceChildren(h("li", {}, "Nothing was said yet."));
  });
  openSheet("Messages", [list], end);
}
