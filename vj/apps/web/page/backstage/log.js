// What was said, what is listening, and which show this is.

import { each, h } from "../core/dom.js";
import { topics, watch } from "../core/store.js";

export function logTab(body) {
  const list = h("ol.log");
  const ports = h("ul.ports");
  const about = h("p.doc");
  body.append(h("h3", {}, "Open ports"), ports, h("h3", {}, "Messages"), list, about);
  return watch("#show", () => {
    const { notices = [], ports: open = [], version, lan, osc, port } = topics.show ?? {};
    const said = [...notices].reverse();
    list.replaceChildren(...(said.length ? said : ["Nothing was said yet."]).map((each) => h("li", {}, typeof each === "string" ? each : each.text)));
    const rows = open.length ? open : [{ what: "web", where: port }, { what: "OSC", where: osc }];
    each(ports, rows, ({ what, where }) => `${what} ${where}`, ({ what, where }) => h("li", {}, h("b", {}, what), ` ${where ?? ""}`));
    about.textContent = `vj ${version ?? ""} · ${lan ? "open to the network, with a token" : "this machine only"}`;
  });
}
