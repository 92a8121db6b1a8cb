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
  // pictures are made while the show goes on: one that is not there yet is asked for again, ever more seldom
  let missed = 0;
  image.addEventListener("error", () => {
    node.classList.add("blank");
    const asked = src;
    missed += 1;
    if (missed === 1 && instead) image.src = instead;
    if (missed <= TRIES) setTimeout(() => asked === src && node.isConnected && (image.src = again(src, missed)), 1500 * 2 ** missed);
  });
  image.addEventListener("load", () => {
    missed = 0;
    node.classList.remove("blank");
  });
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
      missed = 0;
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
