// OSC packets, binary, both ways: f i s d T F N I b, arrays and bundles.

const words = new TextEncoder();
const unwords = new TextDecoder();
const IMMEDIATELY = 1n;

// A typed argument says what it is: {tag: "i", value: 3}. Plain ones are f, s, T, F or N; bytes are b, lists [ ].
function tagged(arg) {
  if (arg !== null && typeof arg === "object" && "tag" in arg) return [arg.tag, arg.value];
  if (arg === null) return ["N", null];
  if (arg === true) return ["T", true];
  if (arg === false) return ["F", false];
  if (typeof arg === "string") return ["s", arg];
  if (arg instanceof Uint8Array) return ["b", arg];
  return ["f", arg];
}

const four = (n) => (n + 3) & ~3;

function text(value) {
  const bytes = words.encode(value);
  const padded = new Uint8Array(four(bytes.length + 1));
  padded.set(bytes);
  return padded;
}

function number(size, write) {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
}

const writers = {
  f: (v) => number(4, (view) => view.setFloat32(0, v)),
  i: (v) => number(4, (view) => view.setInt32(0, v)),
  d: (v) => number(8, (view) => view.setFloat64(0, v)),
  s: text,
  b: (v) => {
    const padded = new Uint8Array(4 + four(v.length));
    new DataView(padded.buffer).setInt32(0, v.length);
    padded.set(v, 4);
    return padded;
  },
};

function join(chunks) {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function put(args, tags, chunks) {
  for (const arg of args) {
    if (Array.isArray(arg)) {
      tags.push("[");
      put(arg, tags, chunks);
      tags.push("]");
      continue;
    }
    const [tag, value] = tagged(arg);
    tags.push(tag);
    if (writers[tag]) chunks.push(writers[tag](value));
  }
}

// One message as bytes.
export function encode(address, args = []) {
  const tags = [","];
  const chunks = [];
  put(args, tags, chunks);
  return join([text(address), text(tags.join("")), ...chunks]);
}

// Several messages [address, args] as one bundle, to be done at once.
export function bundle(messages) {
  const time = number(8, (view) => view.setBigUint64(0, IMMEDIATELY));
  const parts = messages.flatMap(([address, args]) => {
    const packet = encode(address, args);
    return [number(4, (view) => view.setInt32(0, packet.length)), packet];
  });
  return join([text("#bundle"), time, ...parts]);
}

function readText(bytes, at) {
  const end = bytes.indexOf(0, at);
  if (end < 0) throw new RangeError("a string without an end");
  return [unwords.decode(bytes.subarray(at, end)), four(end + 1)];
}

// Call `take(address, args)` for each message of a packet. Throws on one that is none.
export function decode(buffer, take) {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  if (bytes[0] === 0x23) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 16; at < bytes.length; ) {
      const size = view.getInt32(at);
      if (size <= 0 || at + 4 + size > bytes.length) throw new RangeError("a bundle that is cut short");
      decode(bytes.subarray(at + 4, at + 4 + size), take);
      at += 4 + size;
    }
    return;
  }
  // offsets are from the begin of the message, which lies on a multiple of four
  const own = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const view = new DataView(own.buffer, own.byteOffset, own.length);
  let [address, at] = readText(own, 0);
  let tags = ",";
  if (at < own.length) [tags, at] = readText(own, at);
  const stack = [[]];
  for (const tag of tags.slice(1)) {
    let value = null;
    if (tag === "[") {
      stack.push([]);
      continue;
    } else if (tag === "]") value = stack.pop();
    else if (tag === "f") [value, at] = [view.getFloat32(at), at + 4];
    else if (tag === "i") [value, at] = [view.getInt32(at), at + 4];
    else if (tag === "d") [value, at] = [view.getFloat64(at), at + 8];
    else if (tag === "h" || tag === "t") [value, at] = [Number(view.getBigInt64(at)), at + 8];
    else if (tag === "s" || tag === "S") [value, at] = readText(own, at);
    else if (tag === "b") {
      const size = view.getInt32(at);
      value = own.subarray(at + 4, at + 4 + size);
      at += 4 + four(size);
    } else if (tag === "T") value = true;
    else if (tag === "F") value = false;
    else if (tag === "I") value = Infinity;
    else if (tag !== "N") throw new RangeError(`an argument of kind ${tag}`);
    stack.at(-1).push(value);
  }
  take(address, stack[0]);
}
