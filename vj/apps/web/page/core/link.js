// The one WebSocket: what we wish goes up, what is so comes down. Back within a second of the show's being back.

import { bundle, decode, encode } from "./osc.js";
import { learn, params } from "./registry.js";
import { setTopics, setValue } from "./store.js";

const FIRST_RETRY = 100; // ms; grows to LAST_RETRY
const LAST_RETRY = 800;
const QUIET = 150; // ms after our last word in which what comes back is our own echo
const PATIENCE = 4000; // ms without any word in which a socket counts as dead; it is asked for one before that
const RELEARN = 300; // ms
const ASKED = "/status/fps"; // is told anew to whoever listens anew

const held = new Map(); // address -> how many fingers are on it
const spoke = new Map(); // address -> when we last said something of it
const late = new Map(); // address -> what came meanwhile
const streams = new Map(); // address -> functions
let socket = null;
let retry = FIRST_RETRY;
let heard = 0;
let wishes = new Map();
let opened = () => {};

// Whether the page is in touch with the show; `linked.onchange(bool)` is told.
export const linked = { now: false, onchange: () => {} };

// `take(args)` for each message of a stream, that is, of an address that is no parameter.
export function stream(address, take) {
  if (!streams.has(address)) streams.set(address, new Set());
  streams.get(address).add(take);
}

export function connect(onopen) {
  opened = onopen;
  dial();
  setInterval(watchdog, 500);
  document.addEventListener("visibilitychange", () => document.hidden || hurry());
  addEventListener("online", hurry);
}

function dial() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`);
  socket.binaryType = "arraybuffer";
  const mine = socket;
  mine.onopen = async () => {
    retry = FIRST_RETRY;
    heard = performance.now();
    try {
      await learn();
      await opened();
    } catch (error) {
      console.warn(error);
      mine.close();
      return;
    }
    if (mine.readyState !== WebSocket.OPEN) return;
    late.clear();
    command("VJ_ATTACH", { thumb: true });
    linked.now = true;
    linked.onchange(true);
  };
  mine.onmessage = (message) => {
    heard = performance.now();
    if (typeof message.data === "string") told(message.data);
    else {
      try {
        decode(message.data, take);
      } catch (error) {
        console.warn("a packet that cannot be read", error);
      }
    }
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    socket = null;
    if (linked.now) {
      linked.now = false;
      linked.onchange(false);
    }
    setTimeout(() => socket || dial(), retry);
    retry = Math.min(retry * 1.6, LAST_RETRY);
  };
}

function hurry() {
  retry = FIRST_RETRY;
  if (!socket) dial();
}

// A Wi-Fi that went away closes nothing: who has been silent for long is gone.
function watchdog() {
  const silent = linked.now ? performance.now() - heard : 0;
  if (silent > PATIENCE) {
    const dead = socket;
    dead.onclose?.();
    dead.onclose = null;
    dead.close();
  } else if (silent > PATIENCE / 4) command("LISTEN", ASKED);
}

function told(words) {
  let message;
  try {
    message = JSON.parse(words);
  } catch {
    return;
  }
  if (message.COMMAND === "VJ_STATE") setTopics(message.DATA);
  else if (message.COMMAND === "PATH_CHANGED") relearn(String(message.DATA));
  else if (/^PATH_/.test(message.COMMAND)) relearn("/");
}

// What changed in the tree is asked for once it has been quiet for a moment; very much of it as a whole.
const changed = new Set();
let relearning = 0;
function relearn(path) {
  changed.add(path);
  clearTimeout(relearning);
  relearning = setTimeout(async () => {
    const paths = changed.has("/") || changed.size > 8 ? ["/"] : [...changed];
    changed.clear();
    try {
      for (const each of paths) await learn(each);
      if (paths[0] === "/") await opened();
    } catch (error) {
      console.warn(error);
    }
  }, RELEARN);
}

function take(address, args) {
  const listeners = streams.get(address);
  if (listeners) for (const listener of listeners) listener(args);
  if (!params.has(address)) return;
  const wait = quietFor(address);
  if (!wait) {
    late.delete(address); // older than this
    return setValue(address, args);
  }
  const first = !late.has(address);
  late.set(address, args);
  if (first) setTimeout(settle, wait === Infinity ? QUIET : wait, address);
}

// How long what comes for `address` is still our own echo, in ms.
function quietFor(address) {
  if (held.has(address)) return Infinity;
  return Math.max(0, (spoke.get(address) ?? -Infinity) + QUIET - performance.now());
}

// The last word that came while we spoke is what is so, now that we are silent; unless it was on its way before ours,
// which nobody can see from here. So it is asked for.
function settle(address) {
  const wait = quietFor(address);
  if (wait) return void setTimeout(settle, wait === Infinity ? QUIET : wait + 1, address);
  const args = late.get(address);
  late.delete(address);
  if (!args) return;
  setValue(address, args);
  if (socket?.readyState === WebSocket.OPEN) socket.send(encode(address, ["?"]));
}

// A finger is laid on `address`, or taken off.
export function hold(address) {
  held.set(address, (held.get(address) ?? 0) + 1);
}
export function letGo(address) {
  const fingers = (held.get(address) ?? 1) - 1;
  if (fingers > 0) held.set(address, fingers);
  else held.delete(address);
  spoke.set(address, performance.now());
}

function command(name, data) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ COMMAND: name, DATA: data }));
}

// Say it at once: a command, with its arguments. What is said while nobody listens is gone; a stale tap is worse than none.
export function send(address, ...args) {
  if (socket?.readyState !== WebSocket.OPEN || !linked.now) return false;
  flush();
  spoke.set(address, performance.now());
  socket.send(encode(address, args));
  return true;
}

// Wish for a value: shown at once, sent with the next frame, only the last of each address.
export function wish(address, value) {
  const param = params.get(address);
  spoke.set(address, performance.now());
  setValue(address, [value]);
  if (!wishes.size) requestAnimationFrame(flush);
  wishes.set(address, [param ? param.arg(value) : value]);
}

function flush() {
  const now = [...wishes];
  wishes = new Map();
  if (!now.length || socket?.readyState !== WebSocket.OPEN) return;
  socket.send(now.length === 1 ? encode(...now[0]) : bundle(now));
}

setInterval(() => wishes.size && document.hidden && flush(), 100); // no frames are drawn behind another tab
