// The mapping of outputs: corners, meshes, blends, masks and slices, dragged by hand over a plan of the output.

import { button, each, h, mark, say } from "../core/dom.js";
import { send, wish } from "../core/link.js";
import { has, params } from "../core/registry.js";
import { topics, value, watch } from "../core/store.js";
import { twice } from "../parts/sheet.js";

const ROOT = "/output/map";
const PARTS = [["corners", "Corners"], ["mesh", "Mesh"], ["blend", "Blend"], ["masks", "Masks"], ["slice", "Slice"]];
const BLENDS = [
  ["left", 0, 1], ["right", 0, 1], ["top", 0, 1], ["bottom", 0, 1],
  ["gamma", 1, 3], ["curve", 1, 4], ["luminance", 0.2, 0.8], ["black", 0, 0.2],
];
const WIDE = 1600; // of the plan, in its own units
const AROUND = 0.12; // free around an output, for corners that lie outside
const NS = "http://www.w3.org/2000/svg";

const int = (n) => ({ tag: "i", value: Math.round(n) });
const told = () => topics.show?.mapping;
const output = () => {
  const all = told()?.outputs ?? [];
  return all.find(({ name }) => name === value(`${ROOT}/output`)) ?? all[0];
};
const part = () => value(`${ROOT}/part`) ?? "corners";

function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, what] of Object.entries(props)) node.setAttribute(name, what);
  node.append(...children);
  return node;
}

export function mappingTab(body) {
  const plan = new Plan();
  const outputs = h("div.chips", { role: "group", "aria-label": "Outputs" });
  const parts = h("div.chips", { role: "group", "aria-label": "What is moved" });
  const words = h("p.doc", { role: "status" });
  const extras = h("div.map-extras");
  const tests = h("select", { "aria-label": "Test pattern", onchange: () => wish(`${ROOT}/test`, tests.value) },
    ...(params.get(`${ROOT}/test`)?.choices ?? []).map((word) => h("option", { value: word }, word === "none" ? "the picture" : word)));
  const wall = button("Handles on the wall", () => wish(`${ROOT}/edit`, !value(`${ROOT}/edit`)), { kind: "small" });
  const reset = twice(button("As it was without", () => {}, { kind: "small", glyph: "release" }), "Tap again to reset",
    () => send(`${ROOT}/reset`, output().name, part()));
  body.append(
    h("div.row", {}, outputs, h("label.field", {}, h("span.name", {}, "shows"), h("span.select", {}, tests)), wall),
    h("div.row", {}, parts,
      button("", () => send(`${ROOT}/undo`), { kind: "small", glyph: "undo", name: "Undo the last change of the mapping" }),
      button("", () => send(`${ROOT}/redo`), { kind: "small", glyph: "redo", name: "Redo" }), reset),
    plan.node, extras, words,
  );
  let built = "";
  const draw = () => {
    const now = output();
    if (!now) return say(words, "This show maps nothing.");
    each(outputs, told().outputs, ({ name }) => name, ({ name }) => button(name, () => wish(`${ROOT}/output`, name)),
      (node, { name }) => mark(node, "aria-pressed", String(name === now.name)));
    each(parts, PARTS, ([id]) => id, ([id, label]) => button(label, () => wish(`${ROOT}/part`, id)),
      (node, [id]) => mark(node, "aria-pressed", String(id === part())));
    tests.value = value(`${ROOT}/test`) ?? "none";
    mark(wall, "aria-pressed", String(Boolean(value(`${ROOT}/edit`))));
    const key = `${now.name} ${part()} ${now.masks.length} ${Boolean(now.mesh)}`;
    if (key !== built) {
      built = key;
      extras.replaceChildren(...(more[part()]?.(now) ?? []));
    }
    for (const node of extras.querySelectorAll("*")) node.vjShow?.(now);
    plan.draw(now, part());
    say(words, [`${told().venue}, kept in ${told().file}`, now.plain ? "nothing is mapped here yet" : "", told().notice].filter(Boolean).join(" · "));
  };
  const ends = ["#show", `${ROOT}/output`, `${ROOT}/part`, `${ROOT}/test`, `${ROOT}/edit`].map((key) => watch(key, draw));
  draw();
  return () => ends.forEach((end) => end());
}

// What there is to a part besides its handles.
const more = {
  corners: (now) => [
    choice("turned by", ["0", "90", "180", "270"], (o) => String(o.turn), (word) => send(`${ROOT}/turn`, now.name, int(word))),
    choice("flipped", ["none", "across", "down", "both"], (o) => o.flip, (word) => send(`${ROOT}/flip`, now.name, word)),
    ...[["-0.5°", -0.5], ["-0.1°", -0.1], ["+0.1°", 0.1], ["+0.5°", 0.5]].map(([label, by]) =>
      button(label, () => send(`${ROOT}/rotate`, now.name, by), { kind: "small", name: `Turn the corners by ${label}` })),
  ],
  mesh: (now) => {
    const size = (by) => {
      const [columns, rows] = output().mesh ?? [2, 2];
      send(`${ROOT}/mesh`, now.name, int(columns + by), int(rows + by));
    };
    const smooth = button("Smooth", () => send(`${ROOT}/smooth`, now.name, int(output().mesh?.[2] ? 0 : 1)));
    smooth.vjShow = (o) => mark(smooth, "aria-pressed", String(Boolean(o.mesh?.[2])));
    const words = h("span.name");
    words.vjShow = (o) => say(words, o.mesh ? `${o.mesh[0]} × ${o.mesh[1]} points` : "no mesh: drag a point, or");
    return [words, button("More points", () => size(1), { glyph: "plus" }), now.mesh && button("Fewer points", () => size(-1)), now.mesh && smooth].filter(Boolean);
  },
  blend: (now) => BLENDS.map(([key, lo, hi]) => {
    const range = h("input", { type: "range", min: lo, max: hi, step: 0.005, "aria-label": `${key} of the blend` });
    const words = h("output.value");
    range.addEventListener("input", () => send(`${ROOT}/blend`, now.name, key, Number(range.value)));
    const node = h("label.field.blend", {}, h("span.name", {}, key), range, words);
    node.vjShow = (o) => {
      if (document.activeElement !== range || !range.matches(":active")) range.value = o.blend[key];
      say(words, o.blend[key].toFixed(2));
    };
    return node;
  }),
  masks: (now) => {
    const first = (n) => now.masks.slice(0, n).reduce((sum, [count]) => sum + count, 0);
    return [
      button("Add a mask", () => send(`${ROOT}/mask`, now.name, "add"), { glyph: "plus" }),
      ...now.masks.flatMap((_, n) => {
        const act = (what, ...rest) => send(`${ROOT}/mask`, now.name, what, int(first(n)), ...rest);
        const shows = button("", () => act(output().masks[n]?.[2] ? "hide" : "show"));
        const soft = h("input", { type: "range", min: 0, max: 0.3, step: 0.005, "aria-label": `Softness of mask ${n + 1}` });
        soft.addEventListener("input", () => act("feather", Number(soft.value)));
        const group = h("div.row.mask", {}, h("b", {}, `Mask ${n + 1}`), shows, h("label.field", {}, h("span.name", {}, "soft"), soft),
          button("One more corner", () => act("point"), { kind: "small" }), button("", () => act("remove"), { kind: "small", glyph: "bin", name: `Remove mask ${n + 1}` }));
        group.vjShow = (o) => {
          const mask = o.masks[n];
          if (!mask) return;
          say(shows, mask[2] ? "light inside only" : "dark inside");
          if (!soft.matches(":active")) soft.value = mask[1];
        };
        return [group];
      }),
    ];
  },
};

function choice(label, options, now, act) {
  const select = h("select", { "aria-label": label, onchange: () => act(select.value) }, ...options.map((word) => h("option", { value: word }, word)));
  select.vjShow = (o) => (select.value = now(o));
  return h("label.field", {}, h("span.name", {}, label), h("span.select", {}, select));
}

// The output from the front, its lines and handles. A handle that is dragged is where the finger is, whatever is told.
class Plan {
  constructor() {
    this.field = svg("rect", { class: "field" });
    this.lines = svg("g", { class: "lines" });
    this.spots = svg("g", { class: "spots" });
    this.node = svg("svg", { class: "map-plan", role: "group", "aria-label": "Plan of the output" }, this.field, this.lines, this.spots);
    this.held = null;
    this.due = 0;
  }

  draw(now, part) {
    const [width, height] = part === "slice" ? told().size : now.size;
    this.tall = (WIDE * height) / Math.max(width, 1);
    const [mx, my] = [WIDE * AROUND, this.tall * AROUND];
    mark(this.node, "viewBox", `${-mx} ${-my} ${WIDE + 2 * mx} ${this.tall + 2 * my}`);
    for (const [name, size] of [["width", WIDE], ["height", this.tall]]) mark(this.field, name, size);
    this.now = now;
    this.part = part;
    const spots = now.handles[part].map((at, i) => (this.held?.index === i && this.held.part === part ? this.held.at : at));
    each(this.lines, this.outlines(spots).map((line, index) => ({ ...line, index })), ({ index }) => index, () => svg("polyline"), (node, { points, kind }) => {
      mark(node, "points", points.map(([x, y]) => `${x * WIDE},${y * this.tall}`).join(" "));
      mark(node, "class", kind);
    });
    each(this.spots, spots.map((at, index) => ({ at, index })), ({ index }) => `${part} ${index}`, ({ index }) => this.spot(index), (node, { at: [x, y] }) =>
      mark(node, "transform", `translate(${x * WIDE} ${y * this.tall})`));
  }

  outlines(spots) {
    const closed = (points, kind = "") => ({ points: [...points, points[0]], kind });
    if (this.part === "corners") return [closed(spots)];
    if (this.part === "slice") {
      const others = told().outputs.filter(({ name }) => name !== this.now.name).map((o) => closed(o.handles.slice, "faint"));
      return [...others, closed(spots)];
    }
    const frame = closed(this.now.handles.corners, "faint");
    if (this.part === "blend") return [frame, ...this.now.ends.map((points) => ({ points, kind: "" }))];
    if (this.part === "masks") {
      let at = 0;
      return [frame, ...this.now.masks.map(([count]) => closed(spots.slice(at, (at += count))))];
    }
    const columns = this.now.mesh?.[0] ?? 3;
    const rows = spots.length / columns;
    const across = Array.from({ length: rows }, (_, r) => ({ points: spots.slice(r * columns, (r + 1) * columns), kind: "" }));
    const down = Array.from({ length: columns }, (_, c) => ({ points: spots.filter((_, i) => i % columns === c), kind: "" }));
    return [frame, ...across, ...down];
  }

  spot(index) {
    const node = svg("g", { class: "spot", tabindex: 0, role: "button", "aria-label": `Handle ${index + 1} of ${this.part}` },
      svg("circle", { class: "reach", r: 46 }), svg("circle", { class: "dot", r: 15 }));
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      node.focus();
      const at = this.now.handles[this.part][index];
      const from = this.place(event);
      this.held = { index, part: this.part, at, off: [at[0] - from[0], at[1] - from[1]] };
      event.preventDefault();
    });
    node.addEventListener("pointermove", (event) => {
      if (this.held?.index !== index) return;
      const at = this.place(event);
      this.move(index, [at[0] + this.held.off[0], at[1] + this.held.off[1]]);
    });
    for (const name of ["pointerup", "pointercancel"]) node.addEventListener(name, () => {
      if (this.held?.index !== index) return;
      this.say();
      const { part } = this.held; // until the show has said where it lies now
      setTimeout(() => this.held?.index === index && this.held.part === part && (this.held = null), 400);
    });
    node.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const by = event.shiftKey ? 1 : event.ctrlKey ? 32 : 4; // pixels of the output
      const [x, y] = this.held?.index === index ? this.held.at : this.now.handles[this.part][index];
      this.held ??= { index, part: this.part };
      this.move(index, [x + (way[0] * by) / this.now.size[0], y + (way[1] * by) / this.now.size[1]]);
    });
    node.addEventListener("blur", () => this.held?.index === index && (this.held = null));
    return node;
  }

  // Where an event is, in 0..1 of the output.
  place(event) {
    const box = this.node.getScreenCTM().inverse();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(box);
    return [at.x / WIDE, at.y / this.tall];
  }

  move(index, at) {
    this.held = { ...this.held, index, part: this.part, at };
    this.draw(this.now, this.part);
    if (!this.due) this.due = requestAnimationFrame(() => this.say());
  }

  say() {
    cancelAnimationFrame(this.due);
    this.due = 0;
    const { index, part, at } = this.held ?? {};
    if (at) send(`${ROOT}/point`, this.now.name, part, int(index), at[0], at[1]);
  }
}

export const maps = () => has(`${ROOT}/point`);
