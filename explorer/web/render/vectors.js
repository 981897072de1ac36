// From recipes to the vectors that the synthesis reads, as explorer/core/model.py does it. Pure.

/**
 * @typedef {object} Shape
 * @property {number} numWs layers that read a w of their own
 * @property {number} wDim
 */

/** The recipes whose w decides where a recipe begins: itself without what is done to it, and each seed mixed into it. @param {Recipe} recipe @returns {Recipe[]} */
export function startsOf(recipe) {
  const { checkpoint, label, mix = [] } = recipe;
  const own = { ...recipe };
  for (const done of /** @type {const} */ (["psi", "cutoff", "edits", "mix"])) delete own[done];
  return [own, ...mix.map(([seed]) => (label === undefined ? { checkpoint, seed } : { checkpoint, seed, label }))];
}

/**
 * ws of a recipe: mixed, truncated towards the centre, then edited.
 * @param {Recipe} recipe
 * @param {Float32Array[]} starts ws of each of `startsOf(recipe)`, numWs * wDim numbers
 * @param {(direction: string) => Float32Array} step what one unit of a direction adds to a w
 * @param {Float32Array} centre the mean w
 * @param {Shape} shape
 * @returns {Float32Array}
 */
export function wsOf(recipe, [own, ...others], step, centre, shape) {
  const ws = own.slice();
  if (!recipe.w) {
    (recipe.mix ?? []).forEach((mix, k) => mixIn(ws, others[k], mix, shape));
    truncate(ws, recipe.psi ?? 1, recipe.cutoff ?? shape.numWs, centre);
  }
  for (const edit of recipe.edits ?? []) addEdit(ws, edit, step(edit[0]), shape);
  return ws;
}

/** @param {Float32Array} ws @param {Float32Array} other @param {Mix} mix @param {Shape} shape */
function mixIn(ws, other, [, first, last], { numWs, wDim }) {
  const [from, to] = [first * wDim, ((last ?? numWs - 1) + 1) * wDim];
  ws.set(other.subarray(from, to), from);
}

/** @param {Float32Array} ws @param {number} psi @param {number} cutoff layers from here on stay as they are @param {Float32Array} centre */
function truncate(ws, psi, cutoff, centre) {
  if (psi === 1) return;
  const width = centre.length;
  const last = Math.min(cutoff * width, ws.length);
  for (let i = 0; i < last; i++) ws[i] = centre[i % width] + psi * (ws[i] - centre[i % width]);
}

/** @param {Float32Array} ws @param {Edit} edit @param {Float32Array} step of wDim numbers, or of numWs * wDim where each layer moves by itself @param {Shape} shape */
function addEdit(ws, [, strength, first, last], step, { numWs, wDim }) {
  for (let layer = first; layer <= (last ?? numWs - 1); layer++) {
    const from = step.length > wDim ? layer * wDim : 0;
    for (let i = 0; i < wDim; i++) ws[layer * wDim + i] += strength * step[from + i];
  }
}

/** @typedef {{ws: Float32Array, noise: Float32Array[] | null}} Point what the synthesis reads; noise null for the model's own */
/**
 * @typedef {object} Path
 * @property {Float32Array[]} ws of each frame
 * @property {(Float32Array[] | null)[]} noise the different sets of noise inputs
 * @property {number[]} keys for each frame the number of its set
 */

/** A place on a path, in frames: on the straight line between two neighbours, with the noise of the nearer. @param {Path} path @param {number} place @param {boolean} loop whether the last frame is followed by the first @returns {Point} */
export function between({ ws, noise, keys }, place, loop) {
  const low = Math.floor(place);
  const t = place - low;
  const high = loop ? (low + 1) % ws.length : Math.min(low + 1, ws.length - 1);
  const [a, b] = [ws[low], ws[high]];
  return { ws: t ? a.map((from, i) => from + t * (b[i] - from)) : a, noise: noise[keys[t < 0.5 ? low : high]] };
}

/** A w for each layer, where one stands for all. @param {Float32Array} ws @param {number} length of the whole */
export function repeated(ws, length) {
  return ws.length === length ? ws : Float32Array.from({ length }, (_, i) => ws[i % ws.length]);
}

/** Mean distance in steps of 256 between an image drawn here and the server's, by their first channel. @param {ArrayLike<number>} rgba @param {ArrayLike<number>} pixels @param {number} channels of the latter */
export function meanDifference(rgba, pixels, channels) {
  const count = pixels.length / channels;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.abs(rgba[4 * i] - pixels[channels * i]);
  return sum / count;
}
