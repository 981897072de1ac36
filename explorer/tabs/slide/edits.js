// Edits of a recipe: one a direction and range of layers. Pure.

/** @typedef {[number, number | null]} Layers first and last, null for the last of all */
/** @typedef {{id: string, layers: Layers}} Place a direction and the layers that its slider acts on */

/** @param {Edit} edit @param {string} direction method:axis @param {Layers} layers */
const is = ([name, , first, last], direction, layers) =>
  name === direction && first === layers[0] && (last ?? null) === layers[1];

/** @param {Edit[]} edits @param {string} direction @param {Layers} layers */
export const strengthOf = (edits, direction, layers) => edits.find((edit) => is(edit, direction, layers))?.[1] ?? 0;

/** The edits with another strength of one direction; 0 takes it away. @param {Edit[]} edits @param {string} direction @param {Layers} layers @param {number} strength @returns {Edit[]} */
export function withStrength(edits, direction, layers, strength) {
  const others = edits.filter((edit) => !is(edit, direction, layers));
  return strength ? [...others, [direction, strength, ...layers]] : others;
}

/** Edits that no slider shows. @param {Edit[]} edits @param {Place[]} shown what the sliders stand for */
export const hiddenEdits = (edits, shown) =>
  edits.filter((edit) => !shown.some(({ id, layers }) => is(edit, id, layers)));
