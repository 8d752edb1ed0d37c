/** The DSH loss of two outputs of two bits each, and where its sub-gradient moves them. */

import { arrow, handle, plane, set, shape } from "./diagrams.js";

const MARGIN = 4; // 2 · n_bits
const FAR = 2;
const STEP = 0.1;

const sum = (values) => values.reduce((total, value) => total + value, 0);
const squares = (b1, b2) => sum(b1.map((value, i) => (value - b2[i]) ** 2));

/** Eq 3: similar outputs (y = 0) are pulled together, others (y = 1) pushed until the margin. */
export function relaxedPairLoss(b1, b2, y, margin) {
  const distance = squares(b1, b2);
  return y === 0 ? distance / 2 : Math.max(0, margin - distance) / 2;
}

/** Eq 4: how far the outputs are from ±1. */
export const regularizer = (b1, b2, alpha) =>
  alpha * sum([...b1, ...b2].map((value) => Math.abs(Math.abs(value) - 1)));

/** Eq 7, for b1 and b2; +1 where an output is -1, 0 or 1, no push at the margin. */
export function subgradient(b1, b2, y, margin, alpha) {
  const pull = y === 0 ? 1 : squares(b1, b2) < margin ? -1 : 0;
  const slope = (b) => ((b >= -1 && b <= 0) || b >= 1 ? 1 : -1);
  const of = (own, other) =>
    own.map((value, i) => pull * (value - other[i]) + alpha * slope(value));
  return [of(b1, b2), of(b2, b1)];
}

const signed = (value) => value.toFixed(2).replace("-", "−");
const inWords = (b) => `(${b.map(signed).join(", ")})`;

export function mount(box) {
  const picture = plane(box, FAR + 0.4);
  for (const x of [-1, 1]) {
    for (const y of [-1, 1]) shape(picture, "circle", { r: 0.06, cx: x, cy: y, class: "corner" });
    shape(picture, "path", { d: `M${-FAR} ${x}H${FAR}M${x} ${-FAR}V${FAR}`, class: "beside" });
  }
  const ring = shape(picture, "circle", { r: Math.sqrt(MARGIN), class: "ring" });
  const points = [
    [0.5, 1.3],
    [-0.4, 0.6],
  ];
  const arrows = points.map(() => shape(picture, "path", { class: "vector" }));
  const knobs = points.map((_, i) => knob(i));
  const told = Object.assign(document.createElement("p"), { ariaLive: "polite" });
  box.append(told);
  box.insertAdjacentHTML(
    "beforeend",
    `<label><input type="checkbox"> similar pair</label>
     <label>α <input type="range" min="0" max="1" step="0.01" value="0.3"></label>`,
  );
  const [similar, weight] = box.querySelectorAll("input");

  function knob(i) {
    const within = (value) => Math.min(FAR, Math.max(-FAR, Math.round(100 * value) / 100));
    const to = (...place) => {
      points[i] = place.map(within);
      draw();
    };
    const by = (right, up) => to(points[i][0] + STEP * right, points[i][1] + STEP * up);
    const made = handle(picture, `b${i + 1}`, ["b₁", "b₂"][i], { to, by });
    return set(made, { "aria-valuemin": -FAR, "aria-valuemax": FAR });
  }

  function draw() {
    const y = similar.checked ? 0 : 1;
    const alpha = Number(weight.value);
    const slopes = subgradient(...points, y, MARGIN, alpha);
    points.forEach((b, i) => {
      const place = { "aria-valuenow": b[0], "aria-valuetext": inWords(b) };
      set(knobs[i], { transform: `translate(${b})`, ...place });
      arrow(
        arrows[i],
        b,
        b.map((value, bit) => value - slopes[i][bit] / 2),
      );
    });
    set(ring, { cx: points[1][0], cy: points[1][1], visibility: y ? "visible" : "hidden" });
    const pair = relaxedPairLoss(...points, y, MARGIN);
    const gaps = regularizer(...points, alpha);
    told.innerHTML = `${y ? "Push" : "Pull"} ${signed(pair)} + regularizer ${signed(gaps)} (α = ${signed(alpha)})
      = loss ${signed(pair + gaps)}.<br>Sub-gradient: ${inWords(slopes[0])} at b₁,
      ${inWords(slopes[1])} at b₂. Each arrow is −½ times the sub-gradient.`;
  }

  for (const input of [similar, weight]) input.addEventListener("input", draw);
  draw();
}
