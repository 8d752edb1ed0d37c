/**
 * Diagrams to touch, for a page with <div class="diagram" data-diagram="hyperplanes"> or "loss".
 * Each has a module of its name, whose mount(box) fills the box.
 */

const SVG = "http://www.w3.org/2000/svg";

/** An element of an SVG picture, added to its parent. */
export function shape(parent, tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  parent.append(element);
  return set(element, attributes);
}

/** Set attributes of an element. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** A square picture with the origin in its middle and y upwards, `half` units to each side. */
export function plane(box, half) {
  const size = 2 * half;
  const svg = shape(box, "svg", { viewBox: `${-half} ${-half} ${size} ${size}` });
  return shape(svg, "g", { transform: "scale(1 -1)" });
}

/** A word beside a place, upright where y goes upwards. */
export function label(picture, word, x = 0, y = 0) {
  const upright = { transform: "scale(1 -1)", x: x + 0.12, y: -y - 0.12 };
  shape(picture, "text", upright).textContent = word;
}

/** A handle that is a slider: it moves to where it is dragged, or a step by an arrow key. */
export function handle(picture, name, word, { to, by }) {
  const element = shape(picture, "g", { role: "slider", tabindex: 0, "aria-label": name });
  label(element, word);
  shape(element, "circle", { r: 0.3, class: "touched" });
  shape(element, "circle", { r: 0.09 });
  element.addEventListener("pointerdown", ({ pointerId }) => element.setPointerCapture(pointerId));
  element.addEventListener("pointermove", ({ clientX, clientY, buttons }) => {
    if (!buttons) return;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(
      picture.getScreenCTM().inverse(),
    );
    to(x, y);
  });
  const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  element.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    by(...steps[event.key]);
  });
  return element;
}

/** An arrow from a place to another one, or nothing if it is too short to have a direction. */
export function arrow(path, [x, y], [toX, toY]) {
  const length = Math.hypot(toX - x, toY - y);
  const [dx, dy] = [(0.12 * (toX - x)) / length, (0.12 * (toY - y)) / length];
  const head = `M${toX - dx - dy / 2} ${toY - dy + dx / 2}L${toX} ${toY}`;
  const drawn = `M${x} ${y}L${toX} ${toY}${head}L${toX - dx + dy / 2} ${toY - dy - dx / 2}`;
  set(path, { d: length < 0.01 ? "" : drawn });
}

for (const box of document.querySelectorAll(".diagram[data-diagram]"))
  import(`./${box.dataset.diagram}.js`).then(({ mount }) => mount(box));
