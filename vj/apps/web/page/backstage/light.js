// Light: fixtures that the picture lights, and the faders of light desks that move parameters.

import { button, each, h, say } from "../core/dom.js";
import { send } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { control } from "../parts/control.js";
import { twice } from "../parts/sheet.js";

const OUT = "/output/light/";
const MIDI_LEARN = "/window/learn";

export function lightTab(body) {
  const out = h("p.doc", { role: "status", "aria-label": "Light out" });
  const streams = h("ul.ports");
  const faders = h("p.doc", { role: "status", "aria-label": "Light in" });
  const desks = h("ul.ports");
  const rows = h("div.rows.bindings");
  const learn = h("div.row", {}, button("Learn", () => send(MIDI_LEARN, true), { kind: "primary", glyph: "plus", name: "Learn a fader" }));
  const none = h("p.none", {}, "No fader is bound. Press Learn, touch a parameter, move a fader.");
  const members = [...params.values()].filter(({ address }) => address.startsWith(OUT));
  body.append(
    h("section.block", {}, h("h3", {}, "Fixtures"), out, streams,
      h("div.params", {}, ...members.map((param) => h("div.entry", {}, control(param), param.doc && h("p.doc", {}, param.doc))))),
    h("section.block", {}, h("h3", {}, "Light desks"), faders, desks,
      learn, none, rows),
  );
  return watch("#show", () => {
    const { light, faders: heard } = topics.show ?? {};
    say(out, light
      ? [`${light.file}: ${light.lights} lights`, `${light.sent} packets sent`, light.held ? `kept from flashing in ${light.held} frames` : "", light.notice].filter(Boolean).join(" · ")
      : "No rig: begin the show with --light and a rig's name.");
    each(streams, light?.universes ?? [], ({ number }) => number, () => h("li"), (node, { number, protocol, to }) => say(node, `${NAMES[protocol]} ${number} to ${to}`));
    say(faders, heard ? [heard.activity, heard.said, heard.notice].filter(Boolean).join(" · ") : "Nothing is listened to: begin the show with --light-in sacn,artnet.");
    each(desks, heard?.universes ?? [], ({ protocol, number }) => `${protocol} ${number}`, () => h("li"), (node, { protocol, number, sources }) =>
      say(node, `${NAMES[protocol]} ${number}: ${sources ? `${sources} desk${sources > 1 ? "s" : ""}` : "silent, the last values hold"}`));
    const bound = heard?.bindings ?? [];
    learn.hidden = !heard;
    none.hidden = !heard || bound.length > 0;
    each(rows, bound, ({ from, to }) => `${from} ${to}`, row, show);
  });
}

const NAMES = { sacn: "sACN universe", artnet: "Art-Net port" };

function row({ from, to }) {
  const remove = has("/light/unbind") && twice(button("", () => {}, { kind: "small", glyph: "bin", name: `Unbind ${from}` }), "Tap again to unbind", () => send("/light/unbind", from, to));
  return h("div.binding", {}, h("b.from", {}, from), h("span.to", {}, to), h("span.row", {}, h("span.how"), remove || ""));
}

function show(node, { bits, range, curve, takeover, value }) {
  const how = [bits === 16 && "16 bit", range && `${range[0]} to ${range[1]}`, curve, value !== undefined && `sends ${value}`, takeover ?? "picked up"];
  say(node.querySelector(".how"), how.filter(Boolean).join(" · "));
}
