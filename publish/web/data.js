/** What publish/build_web.py packed: the index at once, codes and pictures when they are asked for. */

import { averagePrecision, distances, nearest } from "./rank.js";

/** Side of a picture, and how many neighbours are shown. */
export const SIDE = 28;
export const N_NEIGHBOURS = 10;

/**
 * A picture of the course: a query or an image of the database, by its number there.
 * @typedef {{part: "queries" | "database", id: number}} Picture
 */

const address = (name) => new URL(name, import.meta.url);

/** Fetch a file that lies beside this module. Throws if it is not there. */
export async function fetched(name) {
  const response = await fetch(address(name));
  if (!response.ok) throw Error(`${name}: ${response.status}`);
  return response;
}

/** Fetch codes or other bytes. */
export const fetchedBytes = async (name) =>
  new Uint8Array(await (await fetched(name)).arrayBuffer());

export class Data {
  #loaded = new Map();

  /** @param {object} index what data/index.json holds */
  constructor(index) {
    Object.assign(this, index);
    this.labels = Uint8Array.from(index.labels);
    this.nRelevant = index.classes.map((_, label) => this.labels.filter((y) => y === label).length);
  }

  static load = async () => new Data(await (await fetched("data/index.json")).json());

  #once(name, load) {
    if (!this.#loaded.has(name)) {
      const loading = load(name);
      loading.catch(() => this.#loaded.delete(name)); // so that it is tried again
      this.#loaded.set(name, loading);
    }
    return this.#loaded.get(name);
  }

  /** The class of a picture, as a number. */
  label = ({ part, id }) =>
    part === "queries" ? this.queryLabels[this.queries.indexOf(id)] : this.labels[id];

  /** The class of a picture, as a word. */
  className = (picture) => this.classes[this.label(picture)];

  method = (slug) => this.methods.find((method) => method.slug === slug);

  /** The methods that are always shown, and those of which one is. */
  always = () => this.methods.filter(({ name }) => this.rows.includes(name));
  others = () => this.methods.filter(({ name }) => !this.rows.includes(name));

  /** The hash size of a method: k, unless the method has no choice. */
  bitsOf = ({ scores }, k) => (k in scores ? k : Number(Object.keys(scores)[0]));

  /**
   * Codes of a method: of a picture, and of the whole database.
   * @returns {Promise<{code: Uint8Array, database: Uint8Array, nBits: number}>}
   */
  async codes(method, k, picture) {
    const nBits = this.bitsOf(method, k);
    const all = await this.#once(`data/${method.slug}-${nBits}.bin`, fetchedBytes);
    const nBytes = Math.ceil(nBits / 8);
    const n = this.labels.length;
    const row = picture.part === "queries" ? n + this.queries.indexOf(picture.id) : picture.id;
    const database = all.subarray(0, n * nBytes);
    return { code: all.subarray(row * nBytes, (row + 1) * nBytes), database, nBits };
  }

  /**
   * The neighbours of a code, and their score if the class of the picture is known.
   * @param {{code: Uint8Array, database: Uint8Array, nBits: number}} codes
   * @param {Picture} [picture]
   */
  search({ code, database, nBits }, picture) {
    const far = distances(code, database);
    const without = picture?.part === "database" ? picture.id : -1;
    const ids = nearest(far, N_NEIGHBOURS, without);
    const found = { code, nBits, ids, distances: ids.map((id) => far[id]) };
    found.codes = ids.map((id) => database.subarray(id * code.length, (id + 1) * code.length));
    if (!picture) return found;
    const label = this.label(picture);
    found.relevant = ids.map((id) => this.labels[id] === label);
    found.score = averagePrecision(found.relevant, this.nRelevant[label] - (without >= 0));
    return found;
  }

  /** Where a picture is: the image of its sheet, and its corner there. */
  async #place({ part, id }) {
    const [size, columns] = this.sheet;
    let [name, at] = ["first", this.queries.indexOf(id)];
    if (part === "database") {
      const shown = this.shown.indexOf(id);
      at = shown < 0 ? id % size : this.queries.length + shown;
      if (shown < 0) name = `images-${Math.floor(id / size)}`;
    }
    const image = await this.#once(`data/${name}.webp`, sheetOf);
    return [image, SIDE * (at % columns), SIDE * Math.floor(at / columns)];
  }

  /** Draw a picture, when its sheet is there, if no other was asked for in the meantime. */
  async draw(canvas, picture) {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    canvas.wanted = picture;
    const [image, x, y] = await this.#place(picture);
    if (canvas.wanted !== picture) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(image, x, y, SIDE, SIDE, 0, 0, canvas.width, canvas.height);
  }

  /** Fetch all sheets of pictures, so that later ones are there at once. */
  prefetch() {
    const nSheets = Math.ceil(this.labels.length / this.sheet[0]);
    const places = Array.from({ length: nSheets }, (_, sheet) => `data/images-${sheet}.webp`);
    return Promise.all(places.map((place) => this.#once(place, sheetOf)));
  }
}

async function sheetOf(name) {
  const image = new Image();
  image.src = address(name);
  await image.decode();
  return image;
}
