/**
 * Hamming distances, the order of the nearest and its score: dshlib.rank, ties by ascending id, and
 * dshlib.average_precision with divisor "min".
 */

const ONES = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll("0", "").length,
);

/**
 * Count the bits in which a code differs from each of many.
 * @param {Uint8Array} code of one picture
 * @param {Uint8Array} codes of n pictures, one after the other
 * @returns {Uint8Array} n distances
 */
export function distances(code, codes) {
  const nBytes = code.length;
  const found = new Uint8Array(codes.length / nBytes);
  for (let id = 0, at = 0; id < found.length; id++)
    for (let byte = 0; byte < nBytes; byte++, at++) found[id] += ONES[code[byte] ^ codes[at]];
  return found;
}

/**
 * The ids of the k smallest distances, ties by ascending id.
 * @param {Uint8Array} far distances
 * @param {number} k
 * @param {number} [without] an id that is left out: a picture does not find itself
 * @returns {number[]}
 */
export function nearest(far, k, without = -1) {
  const shells = [];
  far.forEach((distance, id) => {
    if (id !== without) (shells[distance] ??= []).push(id);
  });
  return shells.flat().slice(0, k);
}

/**
 * The precision at each hit of a ranking, summed and divided by the hits that it could have.
 * @param {boolean[]} relevant nearest first
 * @param {number} nRelevant relevant pictures in the database
 * @returns {number} from 0 to 1
 */
export function averagePrecision(relevant, nRelevant) {
  let hits = 0;
  let total = 0;
  relevant.forEach((right, at) => {
    if (right) total += ++hits / (at + 1);
  });
  return total / Math.max(1, Math.min(relevant.length, nRelevant));
}

/**
 * The bits of a code, the lowest of its first byte first.
 * @param {Uint8Array} code
 * @param {number} nBits
 * @returns {number[]} 0 or 1
 */
export const bitsOf = (code, nBits) =>
  Array.from({ length: nBits }, (_, bit) => (code[bit >> 3] >> (bit & 7)) & 1);
