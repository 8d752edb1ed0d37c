/** What is shown, and its address: ?query=22&bits=12&beside=sh, or ?image=345 for a neighbour. */

/**
 * @typedef {object} State
 * @property {import("./data.js").Picture} picture
 * @property {number} bits hash size
 * @property {string} beside slug of the method beside those that are always shown
 */

/**
 * The state that an address tells; what it does not tell, or what there is not, is as at first.
 * @returns {State}
 */
export function read(search, data) {
  const asked = new URLSearchParams(search);
  const bits = Number(asked.get("bits"));
  const image = numberOf(asked.get("image"));
  const query = numberOf(asked.get("query"));
  const { first } = data;
  let picture = { part: "queries", id: data.queries.includes(query) ? query : first.query };
  if (image < data.labels.length) picture = { part: "database", id: image };
  return {
    picture,
    bits: data.sizes.includes(bits) ? bits : first.bits,
    beside: data.others().some(({ slug }) => slug === asked.get("beside"))
      ? asked.get("beside")
      : first.beside,
  };
}

/** A whole number from 0 on; NaN for all else. */
const numberOf = (text) => (/^\d+$/.test(text ?? "") ? Number(text) : NaN);

/** The address of a state, from the question mark on; what else the address held is kept. */
export function write(search, { picture, bits, beside }) {
  const asked = new URLSearchParams(search);
  for (const name of ["query", "image"]) asked.delete(name);
  asked.set(picture.part === "queries" ? "query" : "image", picture.id);
  asked.set("bits", bits);
  asked.set("beside", beside);
  return `?${asked}`;
}
