// All of one parameter: what it is, who says its value, its address, and what else can be done with it.

import { button, h } from "../core/dom.js";
import { send, wish } from "../core/link.js";
import { has } from "../core/registry.js";
import { among, topics, value, watch } from "../core/store.js";
import { learnAt, RELEASE } from "../core/deeds.js";
import { unlocked } from "../core/lock.js";
import { closeSheet, copy, openSheet } from "./sheet.js";

export function about(param, label, extra = []) {
  const now = h("output.big");
  const state = h("p.state");
  const acts = h("div.row");
  const show = () => {
    now.textContent = param.isReadable ? param.words(value(param.address)) : "";
    state.textContent = who(param);
    acts.replaceChildren(...deeds(param));
  };
  const ends = [watch(param.address, show)];
  for (const topic of ["#held", "#cued", "#moved", "#waiting", "#modulations"]) ends.push(watch(topic, show));
  show();
  openSheet(
    label,
    [
      h("p.doc", {}, param.doc),
      now,
      state,
      acts,
      ...extra,
      h("dl.facts", {}, ...facts(param).flatMap(([term, words]) => [h("dt", {}, term), h("dd", {}, words)])),
      h("div.row", {}, h("code", {}, param.address), button("Copy address", () => copy(param.address), { glyph: "copy" })),
    ],
    () => ends.forEach((end) => end()),
  );
}

// Who says the value, in words.
function who(param) {
  const { address } = param;
  const said = [];
  if (among("held", address)) said.push("held by hand");
  else if (among("cued", address)) said.push("as the cue or look says");
  else if (param.isReadable) said.push("at its default");
  const movers = (topics.modulations ?? []).filter((m) => m.target === address && m.on !== false);
  if (movers.length) said.push(`moved by ${movers.map((m) => m.source).join(", ")}`);
  else if (among("moved", address)) said.push("moved by sound");
  const knob = (topics.waiting ?? []).find(([waiting]) => waiting === address);
  if (knob) said.push(`a knob waits: turn it ${knob[1] < knob[2] ? "up" : "down"} to pick it up`);
  return said.join(" · ");
}

function deeds(param) {
  const made = [];
  if (among("held", param.address) && has(RELEASE)) {
    made.push(button("Release", () => send(RELEASE, param.address), { kind: "held", glyph: "release" }));
  }
  if (param.isNumber && param.default !== undefined) {
    made.push(button(`Default ${param.words(param.default)}`, () => wish(param.address, param.default)));
  }
  if (unlocked() && param.access & 2) {
    made.push(
      button("Learn MIDI", () => {
        closeSheet();
        learnAt(param.address);
      }),
    );
  }
  return made;
}

function facts(param) {
  const told = [];
  if (param.isNumber) told.push(["range", `${param.words(param.lo)} to ${param.words(param.hi)}`]);
  if (param.choices) told.push(["choices", param.choices.join(", ")]);
  if (param.curve !== "linear") told.push(["curve", param.curve]);
  if (param.isNumber && param.default !== undefined) told.push(["default", param.words(param.default)]);
  if (param.cc !== undefined && param.cc !== null) told.push(["MIDI", `CC ${param.cc} where no map says otherwise`]);
  told.push(["OSC type", param.type || "none"]);
  return told;
}
