// What the show says: values by address, topics by name. Whoever draws them is told once a frame, and only if they changed.

export const values = new Map(); // address -> the arguments
export const topics = {}; // name -> whatever VJ_STATE said

const readers = new Map(); // address or "#topic" -> set of functions
let dirty = new Set();
let asked = false;

// What is drawn for `key` ("/an/address" or "#topic") from now on; returns what ends it. It is drawn at once if known.
export function watch(key, draw) {
  let set = readers.get(key);
  if (!set) readers.set(key, (set = new Set()));
  set.add(draw);
  if (key[0] === "#" ? key.slice(1) in topics : values.has(key)) draw();
  return () => set.delete(draw);
}

// Draw `key` again with the next frame.
export function stir(key) {
  if (!readers.has(key)) return;
  dirty.add(key);
  if (!asked) {
    asked = true;
    requestAnimationFrame(drawAll);
  }
}

function drawAll() {
  asked = false;
  const now = dirty;
  dirty = new Set();
  const done = new Set(); // who watches several that changed draws once
  for (const key of now) {
    for (const draw of readers.get(key) ?? []) {
      if (done.has(draw)) continue;
      done.add(draw);
      draw();
    }
  }
}

export function setValue(address, args) {
  const before = values.get(address);
  values.set(address, args);
  if (!before || before.length !== args.length || before.some((was, i) => was !== args[i])) stir(address);
}

export function setTopics(news) {
  for (const [name, topic] of Object.entries(news)) {
    topics[name] = topic;
    stir(`#${name}`);
  }
}

// The first argument at `address`, or `otherwise` where nothing was said yet.
export function value(address, otherwise = undefined) {
  const args = values.get(address);
  return args && args.length ? args[0] : otherwise;
}

// A set of the addresses in a topic that is a list of them, made anew only when it changed.
const sets = new Map();
export function among(topic, address) {
  const list = topics[topic];
  if (!list) return false;
  let kept = sets.get(topic);
  if (!kept || kept.list !== list) {
    kept = { list, set: new Set(list.map((entry) => (Array.isArray(entry) ? entry[0] : entry))) };
    sets.set(topic, kept);
  }
  return kept.set.has(address);
}
