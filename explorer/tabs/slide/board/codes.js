// InfoGAN's categorical code as edits: the value that is left goes to -3, the one that is taken to 3. Pure.

const FULL = 3; // strength at which a code has changed by 1: see explorer/core/directions/codes.py

/** The value that edits choose, else the one that the recipe has by itself. @param {Edit[]} edits @param {string[]} codes ids of the values @param {number | null} now */
export function valueOf(edits, codes, now) {
  const found = codes.findIndex((id) => edits.some(([name, strength]) => name === id && strength >= FULL));
  return found < 0 ? now : found;
}

/** Edits that choose another value; the other edits stay. @param {Edit[]} edits @param {string[]} codes @param {number | null} now @param {number} value @returns {Edit[]} */
export function turnedTo(edits, codes, now, value) {
  const others = edits.filter(([name]) => !codes.includes(name));
  if (value === now) return others;
  /** @type {Edit[]} */
  const left = now === null ? [] : [[codes[now], -FULL, 0, null]];
  return [...others, ...left, [codes[value], FULL, 0, null]];
}
