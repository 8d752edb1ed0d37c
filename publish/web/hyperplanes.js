/** Two vectors and a fan of random hyperplanes: their bits, and the angle these estimate. */

import { arrow, handle, label, plane, set, shape } from "./diagrams.js";

const STEP = Math.PI / 36;
const LENGTH = 2; // of the vectors, in the picture

/** Normals of random hyperplanes in the plane: of any direction alike, as Gaussian ones are. */
export function randomNormals(n, seed) {
  let state = Math.imul(seed, 2654435761);
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // a linear congruential generator
    const angle = (2 * Math.PI * state) / 2 ** 32;
    return [Math.cos(angle), Math.sin(angle)];
  });
}

/** A bit for each hyperplane: on which side of it a vector lies. */
export const bits = ([x, y], normals) => normals.map(([u, v]) => (u * x + v * y > 0 ? 1 : 0));

/** The angle at which so many of n bits are expected to differ, in radians. */
export const estimate = (nDiffering, n) => (Math.PI * nDiffering) / n;

const degrees = (angle) => `${Math.round((180 * angle) / Math.PI)}°`;

export function mount(box) {
  const picture = plane(box, 2.6);
  const lines = shape(picture, "g");
  const [arrowA, arrowB] = [0, 1].map(() => shape(picture, "path", { class: "vector" }));
  const told = Object.assign(document.createElement("p"), { ariaLive: "polite" });
  box.append(told);
  box.insertAdjacentHTML(
    "beforeend",
    `<label>hyperplanes <input type="range" min="1" max="64" value="16"></label>
     <button type="button">Draw others</button>`,
  );
  let [angle, seed] = [Math.PI / 3, 1];
  const count = box.querySelector("input");
  const turn = (to) => {
    angle = Math.min(Math.PI, Math.max(0, to));
    draw();
  };
  label(picture, "a", LENGTH, -0.4);
  const knob = handle(picture, "angle between the vectors", "b", {
    to: (x, y) => turn(y < 0 && x < 0 ? Math.PI : Math.atan2(Math.max(0, y), x)),
    by: (right, up) => turn(angle + STEP * (up || right)),
  });
  set(knob, { "aria-valuemin": 0, "aria-valuemax": 180 });

  function draw() {
    const a = [LENGTH, 0];
    const b = [LENGTH * Math.cos(angle), LENGTH * Math.sin(angle)];
    const n = Number(count.value);
    const normals = randomNormals(n, seed);
    const [bitsA, bitsB] = [bits(a, normals), bits(b, normals)];
    const differs = bitsA.map((bit, i) => bit !== bitsB[i]);
    lines.replaceChildren();
    normals.forEach(([x, y], i) => {
      const name = differs[i] ? "between" : "beside";
      shape(lines, "path", { d: `M${-2.4 * y} ${2.4 * x}L${2.4 * y} ${-2.4 * x}`, class: name });
    });
    arrow(arrowA, [0, 0], a);
    arrow(arrowB, [0, 0], b);
    const nDiffering = differs.filter(Boolean).length;
    set(knob, {
      transform: `translate(${b})`,
      "aria-valuenow": Math.round((180 * angle) / Math.PI),
      "aria-valuetext": degrees(angle),
    });
    const marked = (code) =>
      code.map((bit, i) => (differs[i] ? `<mark>${bit}</mark>` : bit)).join("");
    told.innerHTML = `a <code>${marked(bitsA)}</code><br>b <code>${marked(bitsB)}</code><br>
      ${nDiffering} of ${n} bits differ: about ${degrees(estimate(nDiffering, n))}. The angle is ${degrees(angle)}.`;
  }

  count.addEventListener("input", draw);
  box.querySelector("button").addEventListener("click", () => {
    seed += 1;
    draw();
  });
  draw();
}
