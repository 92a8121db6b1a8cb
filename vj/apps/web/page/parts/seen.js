// What cannot be seen is not drawn, until it can: four hundred values a second cost what is on the screen, no more.

const pending = new WeakMap(); // node -> functions that wait
const visible = new WeakSet();
const known = new WeakSet();

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) {
        visible.delete(target);
        continue;
      }
      visible.add(target);
      const waiting = pending.get(target);
      if (!waiting) continue;
      pending.delete(target);
      for (const draw of waiting) draw();
    }
  },
  { rootMargin: "80px" },
);

// `draw` as it is to be called: at once while `node` is on the screen, else once when it comes to be.
export function drawn(node, draw) {
  if (!known.has(node)) {
    known.add(node);
    observer.observe(node);
  }
  return () => {
    if (visible.has(node)) return draw();
    let waiting = pending.get(node);
    if (!waiting) pending.set(node, (waiting = new Set()));
    waiting.add(draw);
  };
}
