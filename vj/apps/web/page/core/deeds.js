// What can be asked of the show beyond parameters, in one place; whether a show knows it is for `has` to say.

import { send } from "./link.js";
import { has } from "./registry.js";

export const RELEASE = "/desk/release";
export const UNDO = "/desk/undo";
export const REDO = "/desk/redo";
export const KEEP = "/desk/keep";
export const QUANTISE = "/master/quantise";
export const CUE = {
  fresh: "/cue/new",
  add: "/cue/add",
  update: "/cue/update",
  rename: "/cue/name",
  move: "/cue/move",
  remove: "/cue/remove",
  notes: "/cue/notes",
  fade: "/cue/fade",
  follow: "/cue/follow",
  at: "/cue/at",
};
export const MACRO = { assign: "/macro/assign", drop: "/macro/drop", learn: "/macro/learn" };
export const PRESET = { name: (slot) => `/preset/${slot}/name`, clear: "/preset/clear" };
export const MORPH = {
  on: "/preset/morph",
  x: "/preset/x",
  y: "/preset/y",
  corners: ["a", "b", "c", "d"].map((corner) => `/preset/corner/${corner}`),
};
export const MOD = { root: "/mod", learn: "/mod/learn", source: "/mod/source", connect: "/mod/connect", clear: "/mod/clear" };
export const MIDI = { learn: "/midi/learn", unbind: "/midi/unbind", edit: "/midi/edit" };

// Do it if this show can; whether it could.
export const deed = (address, ...args) => has(address) && send(address, ...args);

let learn = () => {};
// Who is asked to learn a control for an address; backstage says who.
export const learnAt = (address) => learn(address);
export const onLearnAt = (way) => (learn = way);
