/** What is seen: the garments to pick from, and for each method a card with its ten neighbours. */

import { N_NEIGHBOURS, SIDE } from "./data.js";
import { bitsOf } from "./rank.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const pictureBox = () => make("canvas", { width: SIDE, height: SIDE, ariaHidden: "true" });

/** A code as bars, high for 1 and low for 0; bits that differ are coloured and underlined. */
export class Strip {
  /** @param {number} mostPerLine bits beside each other */
  constructor(mostPerLine = 16) {
    this.mostPerLine = mostPerLine;
    this.element = document.createElementNS(SVG, "svg");
    this.element.classList.add("strip");
    this.element.setAttribute("aria-hidden", "true");
    this.paths = ["same", "differs"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.classList.add(name);
      this.element.append(path);
      return path;
    });
  }

  /** Show a code, with what differs from another one if there is one. */
  show(code, nBits, other = code) {
    const nLines = Math.ceil(nBits / this.mostPerLine);
    const perLine = Math.ceil(nBits / nLines);
    const others = bitsOf(other, nBits);
    const drawn = ["", ""];
    bitsOf(code, nBits).forEach((bit, at) => {
      const x = 4 * (at % perLine) + 0.5;
      const y = 14 * Math.floor(at / perLine);
      const differs = bit === others[at] ? 0 : 1;
      drawn[differs] += bit ? `M${x} ${y}h3v9h-3z` : `M${x} ${y + 6}h3v3h-3z`;
      if (differs) drawn[1] += `M${x - 0.5} ${y + 11}h4v2h-4z`;
    });
    this.element.setAttribute("viewBox", `0 0 ${4 * perLine} ${14 * nLines}`);
    this.paths.forEach((path, i) => path.setAttribute("d", drawn[i]));
  }
}

/** One method: its name, score and code of the query, and the neighbours as buttons. */
export class Card {
  /**
   * @param {import("./data.js").Data} data
   * @param {(picture: import("./data.js").Picture) => void} choose called with a neighbour
   */
  constructor(data, choose) {
    this.data = data;
    this.title = make("h2");
    this.score = make("p", { className: "score" });
    this.code = new Strip(64);
    this.hits = Array.from({ length: N_NEIGHBOURS }, () => this.#hit(choose));
    const list = make("ol", {}, ...this.hits.map(({ button }) => make("li", {}, button)));
    list.addEventListener("keydown", (event) => this.#walk(event));
    this.code.element.setAttribute("role", "img"); // in words, unlike those of the neighbours
    this.code.element.removeAttribute("aria-hidden");
    const code = make("p", { className: "code" }, "Code of the query: ", this.code.element);
    this.element = make("section", { className: "card" }, this.title, this.score, code, list);
    this.element.style.visibility = "hidden"; // until it has words; its place is kept
    this.#stop(0);
  }

  #hit(choose) {
    const hit = { canvas: pictureBox(), strip: new Strip(), name: make("span") };
    hit.far = make("small");
    hit.button = make(
      "button",
      { type: "button" },
      hit.canvas,
      hit.strip.element,
      hit.name,
      hit.far,
    );
    hit.button.addEventListener("click", () => choose(hit.picture));
    return hit;
  }

  /** One stop of the Tab key for all ten; arrow keys walk among them. */
  #stop(at) {
    this.hits.forEach(({ button }, i) => (button.tabIndex = i === at ? 0 : -1));
  }

  #walk(event) {
    const at = this.hits.findIndex(({ button }) => button === document.activeElement);
    const last = N_NEIGHBOURS - 1;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    const to = Math.min(last, Math.max(0, next));
    this.#stop(to);
    this.hits[to].button.focus();
  }

  /** Show what was found: title and score in words, and the neighbours. */
  show(title, score, found) {
    this.title.replaceChildren(...title);
    this.score.replaceChildren(...score);
    this.code.show(found.code, found.nBits);
    this.code.element.setAttribute("aria-label", bitsOf(found.code, found.nBits).join(""));
    this.hits.forEach((hit, i) => {
      const differ = found.distances[i];
      hit.picture = { part: "database", id: found.ids[i] };
      const name = this.data.className(hit.picture);
      const verdict = found.relevant ? (found.relevant[i] ? "right" : "wrong") : "";
      hit.button.className = verdict;
      const sign = { right: "✓ ", wrong: "✗ " }[verdict] ?? "";
      hit.name.textContent = sign + name;
      hit.far.textContent = differ === 1 ? "1 bit differs" : `${differ} bits differ`;
      hit.button.title = verdict ? `${verdict}: search with it` : "search with it";
      hit.strip.show(found.codes[i], found.nBits, found.code);
      this.data.draw(hit.canvas, hit.picture);
    });
    this.element.style.visibility = "";
  }
}

/** The garments to pick from, as a group of radio buttons; a neighbour is none of them. */
export class Garments {
  constructor(place, data, choose) {
    this.place = place;
    this.inputs = data.queries.map((id) => {
      const picture = { part: "queries", id };
      const input = make("input", { type: "radio", name: "garment", value: id });
      const canvas = pictureBox();
      input.ariaLabel = `${data.className(picture)}, query ${id}`;
      input.addEventListener("change", () => choose(picture));
      place.append(make("label", {}, input, canvas));
      data.draw(canvas, picture);
      return input;
    });
  }

  /** Check a garment and scroll to it, or check none for a neighbour. */
  show({ part, id }) {
    for (const input of this.inputs) input.checked = part === "queries" && input.value === `${id}`;
    const box = this.inputs.find(({ checked }) => checked)?.parentElement;
    const { scrollLeft, clientWidth } = this.place;
    const from = box ? box.offsetLeft - this.place.offsetLeft : scrollLeft;
    if (from < scrollLeft || from + SIDE > scrollLeft + clientWidth)
      this.place.scrollLeft = from - clientWidth / 2;
  }
}
