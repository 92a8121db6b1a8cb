// The tempo: what it is, who says so and how surely, and every way to say it oneself.

import { button, h, mark, say } from "../core/dom.js";
import { send, stream, wish } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { watch, topics } from "../core/store.js";
import { choice, toggle } from "../parts/control.js";

const FROM = { auto: "heard", clock: "MIDI clock", lost: "clock lost", tap: "tapped", fixed: "fixed", link: "Link", music: "heard", mtc: "MTC", none: "nobody" };
const TAPS_SHOWN = 4000; // ms

export function tempo() {
  const bpm = h("output.bpm", { "aria-label": "Beats a minute" }, "—");
  const from = h("span.from", {}, "");
  const sure = h("i.sure", { role: "img" });
  const lamp = h("i.beat", { "aria-hidden": "true" });
  const bar = h("div.count", { "aria-hidden": "true" });
  stream("/tempo/out/bpm", ([now]) => say(bpm, now > 0 ? now.toFixed(1) : "—"));
  stream("/tempo/out/source", ([word]) => say(from, FROM[word] ?? String(word)));
  stream("/tempo/out/confidence", ([x]) => {
    sure.style.setProperty("--to", x.toFixed(2));
    mark(sure, "aria-label", `${Math.round(x * 10) * 10} % sure`);
  });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  stream("/tempo/out/phase", ([phase]) => {
    // a lamp that only goes on and off where motion is not wanted
    lamp.style.opacity = (still.matches ? (phase < 0.25 ? 1 : 0.2) : 0.12 + 0.88 * Math.exp(-4 * phase)).toFixed(2);
  });
  let metre = 0;
  const dots = (count) => {
    if (count === metre || !(count > 0 && count <= 12)) return;
    metre = count;
    bar.replaceChildren(...Array.from({ length: count }, () => h("i")));
  };
  dots(4);
  stream("/tempo/out/metre", ([count]) => dots(Math.round(count)));
  stream("/tempo/out/beat", ([beat]) => {
    const at = Math.floor(((beat % metre) + metre) % metre);
    [...bar.children].forEach((dot, i) => dot.classList.toggle("on", i === at));
  });
  return h(
    "div.tempo",
    {},
    h("div.clock", {}, lamp, h("div.figures", {}, bpm, h("span.unit", {}, "BPM")), bar, h("div.who", {}, from, sure)),
    taps(),
    h("div.ways", {}, ...ways()),
    sources(),
  );
}

// TAP counts when the finger comes down, not when it goes up.
function taps() {
  const count = h("small", {}, "");
  const node = h("button.button.tap", { type: "button", "aria-label": "Tap tempo", "data-address": "/tempo/tap" }, h("span", {}, "TAP"), count);
  let taps = 0;
  let last = -Infinity;
  const tap = () => {
    if (!send("/tempo/tap")) return;
    const now = performance.now();
    taps = now - last < 2500 ? taps + 1 : 1;
    last = now;
    say(count, taps > 1 ? String(taps) : "again");
    setTimeout(() => performance.now() - last >= TAPS_SHOWN && say(count, ""), TAPS_SHOWN + 50);
  };
  node.addEventListener("pointerdown", (event) => event.button || tap());
  node.addEventListener("click", (event) => event.detail === 0 && tap()); // by key or screen reader
  return node;
}

function ways() {
  const made = [];
  if (has("/tempo/nudge")) made.push(nudge(-1, "drag"), nudge(1, "push"));
  const plain = [
    ["/tempo/resync", "is 1", "Resync: this is the one"],
    ["/tempo/halve", "÷2", "Half the tempo"],
    ["/tempo/double", "×2", "Twice the tempo"],
  ];
  for (const [address, words, name] of plain) {
    if (has(address)) made.push(button(words, () => send(address), { kind: "small", name, title: name }));
  }
  return made;
}

// Nudges while it is held.
function nudge(way, name) {
  const node = button(name, () => {}, { kind: "small", name: `${name} the beat, while held` });
  const set = (to) => wish("/tempo/nudge", to);
  let on = false;
  const start = () => {
    on = true;
    set(way);
  };
  const stop = () => {
    if (on) set(0);
    on = false;
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    node.setPointerCapture(event.pointerId);
    start();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) node.addEventListener(end, stop);
  node.addEventListener("keydown", (event) => {
    if ((event.key === " " || event.key === "Enter") && !event.repeat) start();
    if (event.key === " " || event.key === "Enter") event.preventDefault();
  });
  node.addEventListener("keyup", stop);
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  return node;
}

function sources() {
  const row = h("div.row.leads", {});
  if (has("/tempo/source")) row.append(choice(params.get("/tempo/source"), "leads", true));
  if (has("/tempo/lock")) row.append(toggle(params.get("/tempo/lock"), "lock"));
  const peers = h("span.note");
  watch("#show", () => {
    const count = topics.show?.activity?.link;
    say(peers, count === undefined || count === null ? "" : `Link: ${count} ${count === 1 ? "peer" : "peers"}`);
    peers.hidden = !peers.textContent;
  });
  row.append(peers);
  return row;
}
