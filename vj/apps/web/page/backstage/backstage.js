// Behind the lock: every parameter, modulation, controllers, output, log. One tab at a time, made when it is opened.

import { button, h, mark } from "../core/dom.js";
import { unlocked } from "../core/lock.js";
import { onLearnAt } from "../core/deeds.js";
import { toast } from "../parts/sheet.js";
import { lightTab } from "./light.js";
import { logTab } from "./log.js";
import { mappingTab } from "./mapping.js";
import { learning, midiTab } from "./midi.js";
import { modulationTab } from "./modulation.js";
import { outputTab } from "./output.js";
import { parametersTab } from "./parameters.js";

const TABS = [
  ["parameters", "Parameters", parametersTab],
  ["modulation", "Modulation", modulationTab],
  ["controllers", "Controllers", midiTab],
  ["output", "Output", outputTab],
  ["mapping", "Mapping", mappingTab],
  ["light", "Light", lightTab],
  ["log", "Log", logTab],
];

export class Backstage {
  onchange = () => {};

  constructor(node, show) {
    this.node = node;
    this.show = show;
    this.open = false;
    this.at = TABS[0][0];
    this.end = () => {};
    onLearnAt((address) => {
      this.go("controllers");
      learning.begin(address);
    });
  }

  toggle() {
    this.open ? this.close() : this.go(this.at);
  }

  go(tab) {
    if (!unlocked()) return toast("The show lock is closed");
    this.at = tab;
    this.open = true;
    this.end();
    const tabs = TABS.map(([id, words]) => {
      const node = button(words, () => this.go(id), { kind: "tab" });
      node.id = `tab-${id}`;
      mark(node, "role", "tab");
      mark(node, "aria-selected", String(id === tab));
      mark(node, "aria-controls", "tab-panel");
      mark(node, "tabindex", id === tab ? "0" : "-1");
      return node;
    });
    const list = h("div.tabs", { role: "tablist", "aria-label": "Backstage", onkeydown: (event) => this.arrow(event) }, ...tabs);
    const [, , make] = TABS.find(([id]) => id === tab);
    const body = h("div.tab-body", { role: "tabpanel", id: "tab-panel", "aria-labelledby": `tab-${tab}` });
    this.end = make(body) ?? (() => {});
    this.node.replaceChildren(h("div.backstage-head", {}, list, button("To the show", () => this.close(), { kind: "small", glyph: "cross" })), body);
    this.node.hidden = false;
    this.show.hidden = true;
    this.onchange(true);
  }

  arrow(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const i = TABS.findIndex(([id]) => id === this.at);
    this.go(TABS[(i + by + TABS.length) % TABS.length][0]);
    document.getElementById(`tab-${this.at}`).focus();
    event.preventDefault();
    event.stopPropagation();
  }

  close() {
    if (!this.open) return false;
    this.open = false;
    this.end();
    this.end = () => {};
    this.node.hidden = true;
    this.node.replaceChildren();
    this.show.hidden = false;
    this.onchange(false);
    return true;
  }

  escape() {
    return learning.end() || this.close();
  }

  learn() {
    if (!unlocked()) return toast("The show lock is closed: open it to learn a controller"), true;
    if (!learning.can()) return false;
    if (!learning.end()) learning.begin();
    return true;
  }
}
