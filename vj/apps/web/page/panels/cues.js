// The cue list: what is on, what stands by, what to think of, and GO.

import { button, each, h, icon, mark, panel, say } from "../core/dom.js";
import { send } from "../core/link.js";
import { has } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { onLock } from "../core/lock.js";
import { editing } from "./cue_edit.js";

export function cues() {
  const go = h("button.button.go", { type: "button", "data-address": "/cue/go", onclick: () => send("/cue/go") }, h("b", {}, "GO"), h("span.next"));
  const back = button("Back", () => send("/cue/back"), { kind: "back", glyph: "left", name: "Back to the cue before" });
  const notes = h("p.notes", { role: "status", "aria-label": "Notes of the cue that stands by" });
  const list = h("ol.cues");
  const none = h("p.none", {}, "No cues yet. Unlock, make the picture you want, and add it as a cue.");
  const edit = editing(list);
  let was;
  const show = () => {
    const { cues = [], on, standby, title = "" } = topics.cues ?? {};
    const next = cues.find((cue) => cue.number === standby);
    say(go.querySelector(".next"), next ? `${next.number} ${next.name}` : cues.length ? "the end" : "no cues");
    mark(go, "aria-label", next ? `Go: cue ${next.number} ${next.name}` : "Go");
    go.disabled = !cues.length;
    back.disabled = !cues.length;
    say(notes, next?.notes || "");
    notes.hidden = !notes.textContent;
    none.hidden = cues.length > 0;
    say(heading, title || "Cues");
    each(list, cues, (cue) => cue.number, makeRow, (row, cue) => showRow(row, cue, on, standby, cues));
    if (was !== on) {
      was = on;
      const row = list.querySelector(".standby") ?? list.querySelector(".on");
      if (row) list.scrollTo({ top: row.offsetTop - list.clientHeight / 2 + row.clientHeight / 2 });
    }
  };

  function makeRow(cue) {
    const jump = h("button.cue", { type: "button", onclick: () => send("/cue/goto", cue.number) });
    jump.append(h("b.number"), h("span.what", {}, h("span.name"), h("span.more")), h("span.state"));
    return h("li", {}, jump, edit.tools(cue.number));
  }

  function showRow(row, cue, on, standby, all) {
    const state = cue.number === on ? "on" : cue.number === standby ? "standby" : "";
    row.className = state;
    say(row.querySelector(".number"), cue.number);
    say(row.querySelector(".name"), cue.name || "—");
    const more = [cue.look && cue.look.replaceAll("_", " "), cue.fade && `fade ${cue.fade}`, cue.follow && `then after ${cue.follow}`, cue.at && `at ${cue.at}`];
    say(row.querySelector(".more"), more.filter(Boolean).join(" · "));
    say(row.querySelector(".state"), { on: "ON", standby: "NEXT" }[state] ?? "");
    mark(row.querySelector(".cue"), "aria-current", state === "on" ? "true" : null);
    edit.show(row, cue, all);
  }

  const { node, head, heading } = panel("cues", "Cues", h("div.gorow", {}, back, go), notes, none, list, edit.foot);
  head.append(edit.toggle);
  onLock((open) => {
    if (!open) edit.end();
    edit.toggle.hidden = !open || !edit.can;
  });
  watch("#cues", show);
  show();
  return node;
}
