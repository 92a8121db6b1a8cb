// Elements in one line, and nothing else: the page is made by hand, and updated where it changes.

// An element: h("button.tile", {onclick, "aria-label": "..."}, children). Properties that are functions are listeners.
export function h(what, props = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Set a text only if it is another one, for layout is dear; whether it was.
export function say(node, words) {
  if (node.textContent === words) return false;
  node.textContent = words;
  return true;
}

// An attribute, likewise; null or false takes it away.
export function mark(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

// A picture of the sprite in index.html.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// A button with words, an icon or both; `name` is what a screen reader says where it differs.
export function button(words, act, { kind = "", glyph = "", name = "", title = "" } = {}) {
  const node = h(`button.button${kind && "." + kind.replaceAll(" ", ".")}`, { type: "button", onclick: act });
  if (glyph) node.append(icon(glyph));
  if (words) node.append(h("span", {}, words));
  if (name || !words) node.setAttribute("aria-label", name || words);
  if (title) node.title = title;
  return node;
}

// A titled part of the page.
export function panel(id, title, ...children) {
  const heading = h("h2", { id: `${id}-title` }, title);
  const head = h("header.panel-head", {}, heading);
  const node = h("section.panel", { id, "aria-labelledby": `${id}-title` }, head, ...children);
  return { node, head, heading };
}

// Keep the children of `node` in step with `items`: `make(item)` once for each new key, `show(child, item)` each time.
export function each(node, items, key, make, show = () => {}) {
  const had = (node.vjRows ??= new Map());
  const seen = new Set();
  let before = null;
  for (const item of items) {
    const k = String(key(item));
    seen.add(k);
    let child = had.get(k);
    if (!child) had.set(k, (child = make(item)));
    show(child, item);
    const place = before ? before.nextSibling : node.firstChild;
    if (place !== child) node.insertBefore(child, place);
    before = child;
  }
  for (const [k, child] of had) {
    if (!seen.has(k)) {
      child.remove();
      had.delete(k);
    }
  }
}
