// A picture that can be chosen: a look, a class, a preset.

import { h, mark, say } from "../core/dom.js";
import { presses } from "./gesture.js";

const TRIES = 6; // after 3, 6, 12 ... seconds
const again = (src, n) => `${src}${src.includes("?") ? "&" : "?"}again=${n}`;

// A tile with `show({label, on, key, picture, note, disabled})`. `tap` and `long` get nothing; long may be absent.
export function tile(tap, long = null) {
  const image = h("img", { alt: "", loading: "lazy", decoding: "async", draggable: "false", width: 160, height: 90 });
  const name = h("span.name");
  const key = h("kbd", { "aria-hidden": "true" });
  const note = h("span.note");
  const node = h("button.tile", { type: "button" }, image, key, h("span.caption", {}, name, note));
  // Pictures are made while the show goes on: one that is not there yet is asked for again, ever more seldom, out of
  // sight, so that what stands in for it does not flicker.
  const later = (asked, n) => n <= TRIES && setTimeout(() => {
    if (asked !== src || !node.isConnected) return;
    const probe = new Image();
    probe.addEventListener("load", () => asked === src && (image.src = probe.src));
    probe.addEventListener("error", () => later(asked, n + 1));
    probe.src = again(asked, n);
  }, 1500 * 2 ** n);
  image.addEventListener("error", () => {
    node.classList.add("blank");
    if (image.getAttribute("src") !== src) return; // what stands in is not there either
    if (instead) image.src = instead;
    later(src, 1);
  });
  image.addEventListener("load", () => node.classList.remove("blank"));
  if (long) presses(node, tap, long);
  else node.addEventListener("click", tap);
  let src = "";
  let instead = "";
  const show = ({ label, on = false, standby = false, digit = "", picture = "", words = "", disabled = false, hint = "", other = "" }) => {
    instead = other;
    if (say(name, label)) node.style.setProperty("--own", hue(label));
    say(note, words);
    say(key, digit);
    mark(node, "aria-pressed", String(on));
    mark(node, "aria-description", hint || null);
    node.classList.toggle("standby", standby);
    node.disabled = disabled;
    if (picture !== src) {
      src = picture;
      node.classList.toggle("blank", !picture);
      if (picture) image.src = picture;
      else image.removeAttribute("src");
    }
  };
  return { node, show };
}

// A colour of its own for each name, until there is a picture.
function hue(label) {
  let sum = 0;
  for (const sign of label) sum = (sum * 31 + sign.codePointAt(0)) % 360;
  return sum;
}
