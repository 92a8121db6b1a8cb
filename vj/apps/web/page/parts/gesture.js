// Taps and long presses that work by finger, mouse, pen, keyboard and screen reader alike.

export const LONG = 550; // ms
const SLOP = 12; // px that a finger may tremble

// `tap(event)` for a short press, `long(event)` for a long one; Shift with Enter, and the menu key, are long too.
export function presses(node, tap, long) {
  let timer = 0;
  let start = null;
  let done = false;
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    start = null;
    node.classList.remove("pressing");
  };
  const longNow = (event) => {
    done = true;
    stop();
    navigator.vibrate?.(15);
    long(event);
  };
  node.addEventListener("pointerdown", (event) => {
    done = false;
    if (event.button || !event.isPrimary) return;
    start = [event.clientX, event.clientY];
    node.classList.add("pressing");
    timer = setTimeout(longNow, LONG, event);
  });
  node.addEventListener("pointermove", (event) => {
    if (start && Math.hypot(event.clientX - start[0], event.clientY - start[1]) > SLOP) stop();
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) node.addEventListener(name, stop);
  node.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    if (!done && event.pointerType !== "touch") longNow(event); // right button and menu key; a finger has its own timer
  });
  node.addEventListener("click", (event) => {
    if (done) {
      done = false;
      return;
    }
    if (event.shiftKey) long(event);
    else tap(event);
  });
}

// A finger that is laid on `node` and drawn: `begin(event)`, `move(dx, dy, event)` in px since the last, `end()`.
// Another finger laid on meanwhile makes it fine. While `across` only a sideways finger counts: up and down scrolls.
export function drags(node, { begin, move, end, across = () => false }) {
  let last = null;
  let lead = null;
  const others = new Set();
  const finish = () => {
    if (lead === null) return;
    lead = null;
    last = null;
    node.classList.remove("dragging");
    end();
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    if (lead !== null) return void others.add(event.pointerId);
    lead = event.pointerId;
    last = [event.clientX, event.clientY];
    node.setPointerCapture(event.pointerId);
    node.classList.add("dragging");
    begin(event);
  });
  node.addEventListener("pointermove", (event) => {
    if (event.pointerId !== lead || !last) return;
    const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
    last = [event.clientX, event.clientY];
    if (dx || dy) move(dx, dy, others.size > 0 || event.shiftKey, event);
  });
  const up = (event) => (event.pointerId === lead ? finish() : others.delete(event.pointerId));
  node.addEventListener("pointerup", up);
  node.addEventListener("pointercancel", up);
  node.addEventListener("lostpointercapture", (event) => event.pointerId === lead && finish());
  // without this a finger that rests is taken for a long press of the browser's own
  node.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());
}
