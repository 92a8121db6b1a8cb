// The head of the page: what is taken back and again, what waits for its bar, keeping, learning, and the lock.

import { button, h, icon, mark, say } from "../core/dom.js";
import { linked } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { onLock, setLock, unlocked } from "../core/lock.js";
import { deed, KEEP, QUANTISE, REDO, UNDO } from "../core/deeds.js";
import { choice } from "../parts/control.js";
import { toast } from "../parts/sheet.js";

const PLACES = [
  ["sound", "Sound"],
  ["hands", "Hands"],
  ["looks", "Looks"],
  ["presets", "Presets"],
  ["cues", "Cues"],
  ["classes", "Classes"],
  ["layers", "Layers"],
];

export function bar(backstage) {
  const brand = h("a.brand", { href: "#", "aria-label": "vj: to the top", onclick: (event) => event.preventDefault() }, h("i.link"), h("b", {}, "vj"), h("span"));
  const title = brand.lastChild;
  const name = () => say(title, linked.now ? topics.show?.title || topics.cues?.title || "" : "out of touch");
  watch("#show", name);
  watch("#cues", name);
  addEventListener("vj-link", name);

  const keep = button("Keep", () => {
    if (deed(KEEP)) toast("Kept what is on, as one of your own", "Undo", has(UNDO) ? () => deed(UNDO) : null);
  }, { glyph: "keep", kind: "keep", name: "Keep what is on", title: "Keep what is on as a look or preset of your own (Ctrl+S)" });
  const stage = button("Backstage", () => backstage.toggle(), { glyph: "tune", kind: "to-backstage", name: "Backstage" });
  backstage.onchange = (open) => mark(stage, "aria-pressed", String(open));
  mark(stage, "aria-pressed", "false");
  const lock = button("", () => setLock(unlocked()), { glyph: "lock", kind: "lock" });
  onLock((open) => {
    lock.replaceChildren(icon(open ? "open" : "lock"), h("span", {}, open ? "Unlocked" : "Locked"));
    lock.setAttribute("aria-label", open ? "Show lock: open. Close it" : "Show lock: closed. Open it");
    keep.hidden = !has(KEEP);
    stage.hidden = !open;
    if (!open) backstage.close();
  });
  return [
    brand,
    h("div.acts", {}, ...history(), has(QUANTISE) && quantise(), pending()),
    h("div.acts.end", {}, keep, stage, lock),
    places(),
  ];
}

function history() {
  return [
    [UNDO, "undo", "Undo"],
    [REDO, "redo", "Redo"],
  ]
    .filter(([address]) => has(address))
    .map(([address, glyph, name]) => {
      const node = button("", () => deed(address), { glyph, kind: "history", name });
      const words = h("span.what");
      node.append(words);
      watch("#undo", () => {
        const what = topics.undo?.[glyph] ?? "";
        say(words, what);
        node.disabled = !what;
        node.setAttribute("aria-label", what ? `${name}: ${what}` : `${name}: nothing`);
        node.title = what ? `${name}: ${what}` : name;
      });
      node.disabled = true;
      return node;
    });
}

function quantise() {
  const param = params.get(QUANTISE);
  return h(
    "div.quantise",
    { title: param.doc },
    h("div.wide-only", {}, choice(param, "on the")),
    h("div.narrow", {}, choice(param, "on the", true)),
  );
}

// What was asked for and waits for its beat, bar or phrase.
function pending() {
  const node = h("span.pending", { role: "status", hidden: true });
  watch("#pending", () => {
    const waits = topics.pending ?? [];
    node.hidden = !waits.length;
    say(node, waits.map(({ what, when }) => `${what} · ${when}`).join(", "));
  });
  return node;
}

// On a narrow page: where to go.
function places() {
  return h(
    "nav.places",
    { "aria-label": "Parts of the page" },
    ...PLACES.map(([id, words]) =>
      button(words, () => document.getElementById(id)?.scrollIntoView({ block: "start" }), { kind: "small" }),
    ),
  );
}

// The screen is kept awake while the page is seen.
export async function stayAwake() {
  const ask = async () => {
    try {
      if (!document.hidden) await navigator.wakeLock?.request("screen");
    } catch {
      // battery saver, or http in a LAN: the device decides
    }
  };
  document.addEventListener("visibilitychange", ask);
  document.addEventListener("pointerdown", ask, { once: true });
  await ask();
}
