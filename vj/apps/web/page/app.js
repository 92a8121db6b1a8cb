// The surface of vj: what is on the page, and that it is built once the show has said what there is.

import { connect, linked } from "./core/link.js";
import { params } from "./core/registry.js";
import { listen } from "./core/keys.js";
import { deed, KEEP, UNDO } from "./core/deeds.js";
import { Backstage } from "./backstage/backstage.js";
import { bar, stayAwake } from "./panels/bar.js";
import { cues } from "./panels/cues.js";
import { foot } from "./panels/foot.js";
import { hands } from "./panels/hands.js";
import { layers } from "./panels/layers.js";
import { classes, looks } from "./panels/looks.js";
import { presets } from "./panels/presets.js";
import { program } from "./panels/program.js";
import { sound } from "./panels/sound.js";
import { closeSheet, toast } from "./parts/sheet.js";

const at = (id) => document.getElementById(id);
const backstage = new Backstage(at("backstage"), at("show"));
let built = "";

// The page is made from the registry, and made anew where another show has other parameters.
function build() {
  const now = [...params.keys()].sort().join(" ");
  if (built && built !== now) return location.reload();
  if (built) return;
  built = now;
  at("bar").replaceChildren(...bar(backstage).filter(Boolean));
  at("column-a").replaceChildren(program(), sound());
  at("column-b").replaceChildren(...[hands(), looks(), presets(), layers(), classes()].filter(Boolean));
  at("column-c").replaceChildren(cues());
  at("foot").replaceChildren(...foot());
  listen({
    escape: () => closeSheet() || backstage.escape(),
    l: () => backstage.learn(),
    "ctrl+s": () => {
      if (deed(KEEP)) toast("Kept what is on, as one of your own", "Undo", () => deed(UNDO));
      return true; // the browser would keep the page
    },
  });
}

linked.onchange = (on) => {
  document.documentElement.classList.toggle("stale", !on);
  dispatchEvent(new Event("vj-link"));
};
// The token came in the address once and is a cookie now: it need not stand there for others to read.
if (location.search) history.replaceState(null, "", location.pathname);
connect(build);
stayAwake();

// Two fingers on a fader are no wish to zoom.
document.addEventListener("gesturestart", (event) => event.preventDefault());
