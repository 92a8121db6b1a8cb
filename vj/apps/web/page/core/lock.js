// The show lock: while it is closed nothing that destroys or rewires can be reached. Each tablet has its own.

const KEY = "vj-unlocked";
const listeners = new Set();
let open = false;
try {
  open = sessionStorage.getItem(KEY) === "1";
} catch {
  // a browser that keeps nothing begins locked
}

export const unlocked = () => open;

export function setLock(locked) {
  open = !locked;
  try {
    sessionStorage.setItem(KEY, open ? "1" : "0");
  } catch {
    // it holds until the page is closed
  }
  apply();
}

export function onLock(listener) {
  listeners.add(listener);
  listener(open);
}

function apply() {
  document.documentElement.classList.toggle("unlocked", open);
  for (const listener of listeners) listener(open);
}
apply();
