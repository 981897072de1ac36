// Which recipes a sheet shows. Pure.

/** @typedef {{seed: number, columns: number, psi: number, noise: string, label: number, mix: string, order: string}} Settings */
/** @typedef {{recipe: Recipe | null, score?: number}} Tile its score, where the order is the critic's */

export const MAX_SEED = 2 ** 32 - 1;
export const IN_TURN = -1; // the label of a sheet whose classes take turns
const SCORED_PIXELS = 2 ** 19;

/** The recipe of each tile, row by row. Mixing, the first row and column hold the sources, and the corner nothing. @param {Model} model @param {Settings} settings @returns {(Recipe | null)[]} */
export function recipesOf(model, settings) {
  const { seed, columns, mix } = settings;
  const at = (/** @type {number} */ offset) => recipeAt(model, settings, seed + offset);
  const tiles = Array.from({ length: columns ** 2 }, (_, i) => i);
  if (!mix) return tiles.map(at);
  const [first, last] = JSON.parse(mix);
  return tiles.map((i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (!row) return column ? at(columns - 2 + column) : null;
    return column ? { ...at(row - 1), mix: [[seed + columns - 2 + column, first, last]] } : at(row - 1);
  });
}

/** @param {Model} model @param {Settings} settings @param {number} seed @returns {Recipe} */
function recipeAt(model, { psi, noise, label }, seed) {
  /** @type {Recipe} */
  const recipe = { checkpoint: model.name };
  if (psi !== 1) recipe.psi = psi;
  if (model.noise && noise !== "fixed") recipe.noise = noise;
  const drawn = model.classes.length && (label === IN_TURN ? seed % model.classes.length : label);
  if (drawn) recipe.label = drawn;
  if (seed) recipe.seed = seed;
  return recipe;
}

/** The tiles in an order: most or least real first; of equal scores, the first seed first. @param {(Recipe | null)[]} recipes @param {number[]} scores @param {string} order @returns {Tile[]} */
export function ordered(recipes, scores, order) {
  const sign = order === "least" ? 1 : -1;
  const tiles = recipes.map((recipe, i) => ({ recipe, score: scores[i] }));
  return tiles.sort((a, b) => sign * (a.score - b.score));
}

/** Images that the critic is asked about at once: a full-size one takes a second for 256 pixels a side, and ten for 1024. @param {number} resolution */
export const scoredAtOnce = (resolution) => Math.max(1, Math.floor(SCORED_PIXELS / resolution ** 2));

/** @param {Tile[]} tiles */
export const recipesIn = (tiles) => tiles.map(({ recipe }) => recipe);

/** Seeds that a sheet uses up. @param {Settings} settings */
export const seedsOf = ({ columns, mix }) => (mix ? 2 * (columns - 1) : columns ** 2);

/** A tile's name. @param {Model} model @param {Recipe} recipe @param {number} [score] the critic's */
export function spoken({ classes }, { seed = 0, label = 0, mix }, score) {
  const named = classes.length ? `, class ${classes[label]}` : "";
  const rated = score === undefined ? "" : `, critic's score ${score.toPrecision(3)}`;
  return `Seed ${seed}${named}${mix ? ` with layers of seed ${mix[0][0]}` : ""}${rated}`;
}
