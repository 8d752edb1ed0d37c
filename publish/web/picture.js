/** Hash your own picture: paper → 28 × 28 grey values → the network of the course → a code. */

import { fetched, fetchedBytes, SIDE } from "./data.js";
import { Card, make } from "./view.js";

const SCALE = 10; // pixels of the paper beside each other that become one
const PAPER = SIDE * SCALE;
const PENCIL = 26;
const MIDDLE = 127.5;

/** DSH with 12 bits, trained on all 60,000 images, in float32. */
export class Network {
  /** Fetch the network and what runs it, from beside this page. */
  static async load() {
    const at = new URL("network/", import.meta.url).href;
    const [ort, runtime, model, database] = await Promise.all([
      import(`${at}ort.wasm.min.mjs`),
      fetched("network/runtime.bin"),
      fetchedBytes("network/network.onnx"),
      fetchedBytes("network/codes.bin"),
    ]);
    const unpacked = runtime.body.pipeThrough(new DecompressionStream("gzip"));
    const wasmBinary = await new Response(unpacked).arrayBuffer();
    Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: at, wasmBinary });
    const session = await ort.InferenceSession.create(model);
    return Object.assign(new Network(), { session, database, Tensor: ort.Tensor });
  }

  /**
   * Outputs of n pictures, whose signs are their codes.
   * @param {ArrayLike<number>} grey n · 784 values from 0 to 255, garments bright on black
   * @returns {Promise<{data: Float32Array, dims: number[]}>} n × bits
   */
  async outputs(grey) {
    const shape = [grey.length / SIDE ** 2, 1, SIDE, SIDE];
    const images = new this.Tensor("float32", Float32Array.from(grey), shape);
    return (await this.session.run({ images })).outputs;
  }

  /** The code of one picture, and those of the database. */
  async codes(grey) {
    const { data } = await this.outputs(grey);
    const code = new Uint8Array(Math.ceil(data.length / 8));
    data.forEach((value, bit) => (code[bit >> 3] |= (value > 0) << (bit & 7)));
    return { code, database: this.database, nBits: data.length };
  }
}

/** Grey values of a paper, each the mean of a square of SCALE² pixels. */
export function shrink({ data, width }) {
  const sums = new Float32Array(SIDE ** 2);
  for (let at = 0; at < data.length; at += 4) {
    const x = (at / 4) % width;
    const y = Math.floor(at / 4 / width);
    const grey = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    sums[SIDE * Math.floor(y / SCALE) + Math.floor(x / SCALE)] += grey;
  }
  return Uint8Array.from(sums, (sum) => Math.round(sum / SCALE ** 2));
}

/** The mean of the values along the border of a picture. */
export function border(grey) {
  const atEnd = (at) => at === 0 || at === SIDE - 1;
  const values = grey.filter((_, at) => atEnd(at % SIDE) || atEnd(Math.floor(at / SIDE)));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * What the network is given: bright on black, as the pictures that it was trained on.
 * @param {Uint8Array} grey
 * @param {"auto" | "yes" | "no"} invert auto: where the border is bright
 */
export const asSeen = (grey, invert) =>
  invert === "yes" || (invert === "auto" && border(grey) > MIDDLE)
    ? grey.map((value) => 255 - value)
    : grey;

/** The part of the page with paper, pencil and photographs, which loads the network when opened. */
export class Own {
  constructor(part, data, choose) {
    this.data = data;
    this.find = (name) => part.querySelector(`[data-part="${name}"]`);
    this.paper = this.find("paper");
    this.context = this.paper.getContext("2d", { willReadFrequently: true });
    this.card = new Card(data, choose);
    this.find("bytes").textContent = `${Math.round(data.networkBytes / 1e6)} MB`;
    this.find("example").append(
      ...data.queries.slice(0, data.classes.length).map((id) => {
        const textContent = data.className({ part: "queries", id });
        return make("option", { value: id, textContent });
      }),
    );
    this.#clear();
    this.#listen(part);
  }

  #listen(part) {
    const { paper } = this;
    const opened = () => {
      if (!part.open) return;
      part.removeEventListener("toggle", opened);
      this.#open();
    };
    part.addEventListener("toggle", opened);
    opened(); // perhaps before this module was there
    paper.addEventListener("pointerdown", (event) => {
      paper.setPointerCapture(event.pointerId);
      this.#stroke(event);
    });
    paper.addEventListener("pointermove", (event) => event.buttons && this.#stroke(event));
    paper.addEventListener("lostpointercapture", () => this.#end());
    this.find("clear").addEventListener("click", () => this.#clear());
    this.find("invert").addEventListener("change", () => this.#hash());
    this.find("example").addEventListener("change", ({ target }) => this.#example(target));
    this.find("photo").addEventListener("change", ({ target }) => this.#photo(target.files[0]));
  }

  async #open() {
    try {
      this.find("seen-words").textContent = "Loading the network …";
      this.network = await Network.load();
      this.find("result").replaceChildren(this.card.element);
      await this.#hash();
    } catch (error) {
      this.find("seen-words").textContent = `The network could not be loaded: ${error.message}.`;
    }
  }

  #pixels = () => shrink(this.context.getImageData(0, 0, PAPER, PAPER));

  #clear() {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, PAPER, PAPER);
    this.find("example").value = "";
    this.find("photo").value = "";
    this.#hash();
  }

  /** A line to where the pointer is, dark on bright paper and bright on dark. */
  #stroke({ offsetX, offsetY }) {
    const { context, paper } = this;
    const to = [offsetX, offsetY].map((at) => (at * PAPER) / paper.clientWidth);
    if (!this.last) this.ink = border(this.#pixels()) > MIDDLE ? "#000" : "#fff";
    Object.assign(context, { lineWidth: PENCIL, lineCap: "round", strokeStyle: this.ink });
    context.beginPath();
    context.moveTo(...(this.last ?? to));
    context.lineTo(...to);
    context.stroke();
    this.last = to;
    this.#hash();
  }

  #end() {
    this.last = null;
    this.#hash();
  }

  async #example({ value }) {
    if (!value) return this.#clear();
    await this.data.draw(this.paper, { part: "queries", id: Number(value) });
    return this.#hash();
  }

  /** A photograph, whole and in the middle, on paper of the colour of its border. */
  async #photo(file) {
    if (!file) return;
    const image = await createImageBitmap(file).catch(() => null);
    if (!image) {
      this.find("seen-words").textContent = `${file.name} is no picture that this browser opens.`;
      return;
    }
    const { context } = this;
    context.fillStyle = "#fff"; // where the picture is transparent
    context.fillRect(0, 0, PAPER, PAPER);
    context.drawImage(image, 0, 0, PAPER, PAPER);
    const level = Math.round(border(this.#pixels()));
    context.fillStyle = `rgb(${level} ${level} ${level})`;
    context.fillRect(0, 0, PAPER, PAPER);
    const scale = PAPER / Math.max(image.width, image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(image, (PAPER - width) / 2, (PAPER - height) / 2, width, height);
    await this.#hash();
  }

  /** Show what the network sees, its code and neighbours; while it computes, the last call waits. */
  async #hash() {
    this.due = true;
    if (this.busy || !this.network) return;
    this.busy = true;
    while (this.due) {
      this.due = false;
      const grey = asSeen(this.#pixels(), this.find("invert").value);
      this.#showSeen(grey);
      this.#showFound(this.data.search(await this.network.codes(grey)));
    }
    this.busy = false;
  }

  #showSeen(grey) {
    const image = new ImageData(SIDE, SIDE);
    grey.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at));
    this.find("seen").getContext("2d").putImageData(image, 0, 0);
  }

  #showFound(found) {
    const counts = new Map();
    for (const id of found.ids) {
      const name = this.data.className({ part: "database", id });
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const words = [...counts].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${n} × ${name}`);
    this.card.show(["Your picture", make("small", {}, `DSH, ${found.nBits} bits`)], words, found);
    if (!this.last) this.find("seen-words").textContent = `Nearest: ${words.join(", ")}.`;
  }
}
