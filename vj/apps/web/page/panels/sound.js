// What is heard: the input and its level, the spectrum, lamps for bands and beat.

import { button, h, icon, mark, panel, say } from "../core/dom.js";
import { send, stream } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { control } from "../parts/control.js";
import { tempo } from "./tempo.js";

const FLOOR = -60; // dB at the left end of the meter
const CLIP_SHOWN = 1500; // ms
const LAMPS = [
  ["bass", "bass"],
  ["mid", "snare"],
  ["midhigh", "mids"],
  ["high", "highs"],
];
const INPUT = "/audio/device";
const NEXT = "/audio/next";

export function sound() {
  const { node } = panel(
    "sound",
    "Sound",
    h("div.row.input", {}, picker(), gain()),
    meter(),
    h("div.heard", {}, spectrum(), lamps()),
    tempo(),
  );
  node.classList.add("untitled");
  return node;
}

// Inputs by name; where the show cannot take one by name, a tap moves on to the next.
function picker() {
  const select = h("select", { "aria-label": "Audio input", onchange: () => send(INPUT, select.value) });
  const note = h("span.note", { role: "status" });
  const show = () => {
    const input = topics.show?.input ?? {};
    const names = [...new Set([input.name, ...(topics.show?.inputs ?? [])].filter(Boolean))];
    if (select.options.length !== names.length || names.some((name, i) => select.options[i].value !== name)) {
      select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
    }
    select.value = input.name ?? "";
    select.disabled = !has(INPUT);
    say(note, input.problem || (input.silent ? "silent: check cable and level" : ""));
    note.hidden = !note.textContent;
  };
  watch("#show", show);
  show();
  const next = !has(INPUT) && has(NEXT) && button("", () => send(NEXT), { glyph: "right", kind: "small", name: "Next audio input" });
  return h("div.picker", {}, h("div.row", {}, h("span.select", {}, select, icon("down")), next), note);
}

function gain() {
  return has("/audio/gain") && control(params.get("/audio/gain"), { more: false });
}

// One bar, or two where the input tells left from right; red when it clipped lately.
function meter() {
  const bars = [h("i"), h("i")];
  const clip = h("b.clip", {}, "CLIP");
  const words = h("output.db", { "aria-label": "Level in decibels" });
  const node = h("div.meter", { role: "img", "aria-label": "Input level" }, h("div.bars", {}, ...bars), words, clip);
  let clipped = -Infinity;
  let timer = 0;
  const level = (db) => Math.min(Math.max(1 - db / FLOOR, 0), 1);
  const draw = (dbs) => {
    bars[1].hidden = dbs.length < 2;
    dbs.slice(0, 2).forEach((db, i) => bars[i].style.setProperty("--to", level(db).toFixed(3)));
    const loudest = Math.max(...dbs);
    say(words, loudest > -90 ? `${loudest.toFixed(0)} dB` : "−∞ dB");
  };
  const lamp = () => {
    const on = performance.now() - clipped < CLIP_SHOWN;
    clip.classList.toggle("on", on);
    clearTimeout(timer);
    if (on) timer = setTimeout(lamp, CLIP_SHOWN);
  };
  const burn = () => {
    clipped = performance.now();
    lamp();
  };
  stream("/audio/out/db", draw);
  stream("/audio/out/clip", ([on]) => on !== false && burn());
  watch("#show", () => {
    const input = topics.show?.input;
    if (!input) return;
    if (typeof input.db === "number") draw([input.db]);
    if (input.clip) burn();
  });
  return node;
}

// Bars of what comes, drawn with the frame in which it came, and let sink between.
function spectrum() {
  const canvas = h("canvas.spectrum", { width: 384, height: 96, role: "img", "aria-label": "Spectrum in 32 bands" });
  const ink = canvas.getContext("2d");
  let shade = null;
  let bars = new Float32Array(32);
  let asked = false;
  const draw = () => {
    asked = false;
    const { width, height } = canvas;
    if (!shade) {
      shade = ink.createLinearGradient(0, 0, width, 0);
      for (const [at, colour] of [[0, "#ff7d5c"], [0.3, "#ffbe5c"], [0.65, "#68d6a8"], [1, "#8fb8ff"]]) shade.addColorStop(at, colour);
    }
    ink.clearRect(0, 0, width, height);
    ink.fillStyle = shade;
    const step = width / bars.length;
    ink.beginPath();
    for (let i = 0; i < bars.length; i++) {
      const tall = Math.max(Math.min(bars[i], 1) * height, 2);
      ink.roundRect(i * step + 1.5, height - tall, step - 3, tall, [3, 3, 0, 0]);
    }
    ink.fill();
  };
  stream("/audio/out/spectrum", (args) => {
    const list = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
    if (bars.length !== list.length) bars = new Float32Array(list.length || 1);
    bars.set(list);
    if (!asked) {
      asked = true;
      requestAnimationFrame(draw);
    }
  });
  draw();
  return canvas;
}

// Four lamps that flash with the hits of their band.
function lamps() {
  const row = h("div.lamps", { "aria-hidden": "true" });
  for (const [band, name] of LAMPS) {
    const lamp = h("i.lamp");
    const level = h("i.level");
    row.append(h("div", {}, h("span.tube", {}, level), lamp, h("span", {}, name)));
    stream(`/audio/out/${band}/hits`, ([hits]) => (lamp.style.opacity = (0.15 + 0.85 * Math.min(hits, 1)).toFixed(2)));
    stream(`/audio/out/${band}/level`, ([x]) => level.style.setProperty("--x", Math.min(x, 1).toFixed(3)));
  }
  mark(row, "data-bands", LAMPS.length);
  return row;
}
