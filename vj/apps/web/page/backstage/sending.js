// Where else the picture goes: a switch for each output, how it stands, and what it sent.

import { h, say } from "../core/dom.js";
import { params } from "../core/registry.js";
import { topics, watch } from "../core/store.js";
import { control } from "../parts/control.js";

const SWITCH = /^\/output\/(?!map\/|light\/)([^/]+)\/on$/;

export function sending(body) {
  const switches = [...params.values()].map((param) => [SWITCH.exec(param.address)?.[1], param]).filter(([name]) => name);
  if (!switches.length) return () => {};
  const lines = new Map(switches.map(([name]) => [name, h("p.doc", { role: "status", "aria-label": `${name} stands` })]));
  body.append(
    h("section.block", {}, h("h3", {}, "Sending"), h("div.params", {}, ...switches.map(([name, param]) =>
      h("div.entry.sending", {}, control(param, { label: name }), lines.get(name))))),
  );
  return watch("#show", () => {
    for (const output of topics.show?.outputs ?? []) {
      const line = lines.get(output.name);
      if (!line) continue;
      line.dataset.state = output.state.split(" ")[0];
      say(line, [output.state, output.told, ...figures(output)].filter(Boolean).join(" · "));
    }
  });
}

function figures({ state, trouble, sent, dropped, restarts, watched }) {
  return [
    state === "on" ? "" : trouble,
    sent ? `${sent} sent` : "",
    dropped ? `${dropped} left out` : "",
    restarts ? `begun again ${restarts} times` : "",
    watched > 0 ? `${watched} watching` : "",
  ];
}
