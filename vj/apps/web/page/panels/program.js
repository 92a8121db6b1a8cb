// What is on the wall, and beside it what comes next: both really rendered, both as small pictures that may be late.

import { button, h, mark, panel, say } from "../core/dom.js";
import { linked, stream, wish } from "../core/link.js";
import { has } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";

const BADGES = [
  ["live", "LIVE", () => linked.now && topics.show?.live !== false],
  ["black", "BLACK", () => Boolean(value("/master/blackout"))],
  ["frozen", "FROZEN", () => Boolean(value("/master/freeze"))],
  ["rec", "REC", () => Boolean(topics.show?.rec ?? value("/output/record"))],
  ["stale", "STALE", () => !linked.now],
];

export function program() {
  const on = screen("program", "Program");
  const next = screen("next", "Next");
  const badges = h("div.badges", { role: "status", "aria-label": "State of the program" });
  on.frame.append(badges);
  stream("/output/thumbnail", on.take);
  stream("/output/next", next.take);

  const state = () => {
    const now = BADGES.filter(([, , is]) => is());
    badges.replaceChildren(...now.map(([kind, words]) => h(`b.badge.${kind}`, {}, words)));
    mark(on.frame, "data-state", now.map(([kind]) => kind).join(" "));
  };
  for (const key of ["#show", "/master/blackout", "/master/freeze", "/output/record"]) watch(key, state);
  addEventListener("vj-link", state);
  state();

  const caption = () => {
    const cue = topics.cues?.cues.find((entry) => entry.number === topics.cues.on);
    const look = topics.looks?.titles?.[topics.looks.on] ?? "";
    say(on.title, [cue && `${cue.number} ${cue.name}`, look].filter(Boolean).join(" · ") || value("/model/select", "") || "Program");
    const standby = topics.cues?.cues.find((entry) => entry.number === topics.cues.standby);
    const [waits] = topics.pending ?? [];
    const named = looked(topics.show?.next);
    say(next.title, waits ? `${waits.what} · ${waits.when}` : named || (standby ? `${standby.number} ${standby.name}` : "nothing"));
    next.node.classList.toggle("awaits", Boolean(waits));
    next.instead(lookOf(waits?.what ?? topics.show?.next) ?? standby?.look);
  };
  for (const key of ["#cues", "#looks", "#pending", "#show", "/model/select"]) watch(key, caption);
  caption();

  const { node } = panel("stage", "Program", h("div.screens", {}, on.node, next.node));
  node.classList.add("untitled");
  if (has("/output/record")) {
    const record = button("Rec", () => wish("/output/record", !value("/output/record")), {
      kind: "record",
      glyph: "rec",
      name: "Record",
    });
    watch("/output/record", () => mark(record, "aria-pressed", String(Boolean(value("/output/record")))));
    mark(record, "aria-pressed", "false");
    on.frame.append(record);
  }
  return node;
}

// "look ember_drum" as it is called; a cue says more of itself than its number.
const lookOf = (next) => /^look (.+)$/.exec(next ?? "")?.[1];
function looked(next) {
  const look = lookOf(next);
  return look && (topics.looks?.titles?.[look] ?? look);
}

function screen(kind, label) {
  const canvas = h("canvas", { width: 320, height: 180, role: "img", "aria-label": `${label}: a small picture of it` });
  // until a picture of it has come: the one of its look
  const still = h("img", { alt: "", hidden: true, draggable: "false" });
  still.addEventListener("load", () => (still.hidden = false));
  still.addEventListener("error", () => {
    still.hidden = true;
    const ships = still.getAttribute("src")?.replace("/-/thumb/look/", "/-/still/");
    if (ships && ships !== still.getAttribute("src")) still.src = ships;
  });
  let asked;
  const instead = (look) => {
    if (asked === look) return;
    asked = look;
    const src = look ? `/-/thumb/look/${encodeURIComponent(look)}.jpg` : "";
    still.hidden = true;
    if (src) still.src = src;
    else still.removeAttribute("src");
  };
  const frame = h("div.frame", {}, still, canvas);
  const title = h("span.title", {}, label);
  const caption = h("figcaption", {}, h("span.label", {}, label), title);
  const node = h(`figure.screen.${kind}`, {}, frame, caption);
  const paint = canvas.getContext("2d");
  let busy = false;
  const take = async ([bytes]) => {
    if (busy || document.hidden || !(bytes instanceof Uint8Array)) return; // a picture that comes too soon is not missed
    if (!bytes.length) return paint.clearRect(0, 0, canvas.width, canvas.height);
    busy = true;
    try {
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      paint.drawImage(picture, 0, 0);
      picture.close();
    } catch (error) {
      console.warn("a picture that cannot be read", error);
    }
    busy = false;
  };
  return { node, frame, title, take, instead };
}
