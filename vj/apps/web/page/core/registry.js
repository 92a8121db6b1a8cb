// Every parameter there is, from OSCQuery: where a knob is for a value, how it reads, how it is called.

import { stir } from "./store.js";

export const params = new Map(); // address -> Param

// How a node tells more than OSCQuery has words for: {kind, curve, unit, default, args}.
const MORE = "VJ";
const KINDS = { f: "float", d: "float", i: "int", T: "toggle", F: "toggle", N: "trigger", s: "text" };

class Param {
  constructor(node) {
    const range = node.RANGE?.[0] ?? {};
    const more = node[MORE] ?? {};
    this.address = node.FULL_PATH;
    this.type = node.TYPE ?? "";
    this.access = node.ACCESS ?? 3;
    this.doc = node.DESCRIPTION ?? "";
    this.unit = more.unit ?? [].concat(node.EXTENDED_TYPE ?? [])[0] ?? "";
    this.choices = range.VALS ?? null;
    this.kind = more.kind ?? (this.choices && this.type === "s" ? "choice" : (KINDS[this.type] ?? "other"));
    this.lo = range.MIN ?? 0;
    this.hi = range.MAX ?? 1;
    this.curve = more.curve ?? "linear";
    this.default = more.default;
    this.args = more.args ?? "";
    this.cc = more.cc;
    const steps = this.address.split("/").slice(1);
    this.group = steps.length > 2 ? steps.slice(0, 2).join("/") : steps[0];
    this.name = steps.at(-1).replaceAll("_", " ");
    if (/^\d+$/.test(this.name)) this.name = `${steps.at(-2).replaceAll("_", " ")} ${this.name}`;
    this.digits = decimals(this);
  }

  get isNumber() {
    return this.kind === "float" || this.kind === "int";
  }

  get isReadable() {
    return (this.access & 1) !== 0 && !["trigger", "deed", "stream"].includes(this.kind);
  }

  // The value at knob position x in 0..1.
  scale(x) {
    x = Math.min(Math.max(x, 0), 1);
    let value;
    if (this.curve === "log") value = this.lo * (this.hi / this.lo) ** x;
    else value = this.lo + (this.hi - this.lo) * (this.curve === "square" ? x * x : x);
    return this.kind === "int" ? Math.round(value) : value;
  }

  // The knob position of a value.
  unscale(value) {
    if (!(this.hi > this.lo)) return 0;
    value = Math.min(Math.max(Number(value), this.lo), this.hi);
    if (this.curve === "log") return Math.log(value / this.lo) / Math.log(this.hi / this.lo);
    const x = (value - this.lo) / (this.hi - this.lo);
    return this.curve === "square" ? Math.sqrt(x) : x;
  }

  // As it is read: "1.25 s".
  words(value) {
    if (value === undefined || value === null) return "";
    if (this.kind === "toggle") return value ? "on" : "off";
    if (!this.isNumber) return String(value);
    const number = Number(value).toFixed(this.digits);
    const shown = /^-0\.?0*$/.test(number) ? number.slice(1) : number;
    return this.unit ? `${shown} ${this.unit}` : shown;
  }

  // The argument that says `value` in the declared type.
  arg(value) {
    if (this.kind === "int") return { tag: "i", value: Math.round(value) };
    if (this.kind === "float") return { tag: "f", value };
    return value;
  }
}

function decimals(param) {
  if (param.kind === "int") return 0;
  const span = param.hi - param.lo;
  return span > 100 ? 1 : span > 20 ? 1 : span > 0.5 ? 2 : span > 0.02 ? 3 : 4;
}

function gather(node, found) {
  if (node.TYPE !== undefined && node.TYPE !== "") {
    const param = new Param(node);
    const old = params.get(param.address);
    // those who hold a Param keep it: only what it says of itself is new
    if (old) stir(Object.assign(old, param).address);
    else params.set(param.address, param);
    found.add(param.address);
  }
  for (const child of Object.values(node.CONTENTS ?? {})) gather(child, found);
}

// Ask for all of it (again), or for what is below `path`. Throws where there is no show.
export async function learn(path = "/") {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const found = new Set();
  gather(await answer.json(), found);
  if (path !== "/") return;
  for (const address of params.keys()) if (!found.has(address)) params.delete(address);
}

export const has = (address) => params.has(address);
