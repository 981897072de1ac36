// Recipes as the server's explorer/core/recipe.py has them. Pure.

const PRIVATE = "private"; // stands in links for the name of a tuned branch, which is the visitor's own

/**
 * The recipe without fields that have their default value: the form that links and files carry.
 * @param {Recipe} recipe
 * @param {Record<string, unknown>} defaults
 * @returns {Recipe}
 */
export function canonical(recipe, defaults) {
  /** @type {any} */
  const short = {};
  const fields = /** @type {Record<string, any>} */ (/** @type {unknown} */ (recipe));
  for (const key of ["checkpoint", ...Object.keys(defaults), "mix", "edits"]) {
    const value = fields[key];
    const dull = Array.isArray(value) ? !value.length : key !== "checkpoint" && value === defaults[key];
    if (value !== undefined && !dull) short[key] = value;
  }
  return short;
}

/**
 * The query that restores a recipe: text as it is, everything else as JSON; a tuned branch is not named.
 * @param {Recipe} recipe
 * @param {Record<string, unknown>} defaults
 */
export function query(recipe, defaults) {
  const found = new URLSearchParams();
  const tuned = recipe.tuned && PRIVATE;
  for (const [key, value] of Object.entries(canonical({ ...recipe, tuned }, defaults))) {
    found.set(key, typeof value === "string" ? value : JSON.stringify(value));
  }
  return String(found);
}

/** The address that restores a recipe. @param {Recipe} recipe @param {Record<string, unknown>} defaults */
export const link = (recipe, defaults) => `${location.origin}${location.pathname}?${query(recipe, defaults)}`;

/**
 * Ranges of layers, [name, first, last]: all, and the thirds that StyleGAN's papers call coarse, middle and fine.
 * @param {number} count of layers
 * @returns {[string, number, number | null][]}
 */
export function layerRanges(count) {
  const a = Math.max(1, Math.round(count / 3));
  const b = Math.max(a + 1, Math.round((2 * count) / 3));
  /** @type {[string, number, number | null][]} */
  const named = [
    ["all", 0, null],
    ["coarse", 0, a - 1],
    ["middle", a, b - 1],
    ["fine", b, count - 1],
  ];
  return count > 2 ? named : named.slice(0, 1);
}
