// What lies over the page for a moment: a sheet with more of one thing, and a word at the foot that can be undone.

import { button, h } from "../core/dom.js";

const SHORT = 4500; // ms a word stays
const sheet = document.getElementById("sheet");
const toasts = document.getElementById("toasts");
let back = null;
let closing = null;

// Show `children` under `title`; not modal, for BLACKOUT must stay in reach. Esc, the cross and another sheet close it.
export function openSheet(title, children, onclose = null) {
  if (sheet.open) shut();
  else back = document.activeElement;
  closing = onclose;
  const heading = h("h2", { id: "sheet-title" }, title);
  const cross = button("", closeSheet, { glyph: "cross", name: "Close" });
  sheet.replaceChildren(h("header.sheet-head", {}, heading, cross), h("div.sheet-body", {}, ...children));
  sheet.show();
  cross.focus({ preventScroll: true });
}

function shut() {
  const ended = closing;
  closing = null;
  ended?.();
}

export function closeSheet() {
  if (!sheet.open) return false;
  sheet.close();
  sheet.replaceChildren();
  shut();
  if (back?.isConnected) back.focus({ preventScroll: true });
  return true;
}

sheet.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  closeSheet();
  event.stopPropagation();
});
document.addEventListener("pointerdown", (event) => {
  if (sheet.open && !sheet.contains(event.target) && !event.target.closest(".safety, #toasts")) closeSheet();
});

// A word at the foot, with something that can be done about it.
export function toast(words, act = "", deed = null) {
  const row = h("div.toast", { role: "status" }, h("span", {}, words));
  const gone = () => row.remove();
  if (deed) {
    row.append(
      button(act, () => {
        deed();
        gone();
      }),
    );
  }
  toasts.prepend(row);
  while (toasts.children.length > 3) toasts.lastElementChild.remove();
  setTimeout(gone, deed ? SHORT * 1.6 : SHORT);
}

// Words to the clipboard; where the browser forbids it (http in a LAN) by the old way.
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    const field = h("textarea", {}, words);
    sheet.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast(`${words} is copied`);
}

// A press that must be meant: the first arms the button for three seconds, the second does it.
export function twice(node, words, deed) {
  const label = node.querySelector("span") ?? node;
  const plain = label.textContent;
  let timer = 0;
  const calm = () => {
    timer = 0;
    label.textContent = plain;
    node.classList.remove("armed");
  };
  node.addEventListener("click", () => {
    if (timer) {
      clearTimeout(timer);
      calm();
      deed();
      return;
    }
    label.textContent = words;
    node.classList.add("armed");
    timer = setTimeout(calm, 3000);
  });
  return node;
}
