// What Slide, Sample and the diagnosis compute without a page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, duration, kimg } from "../../explorer/web/lib/text.js";
import { chosen, extent } from "../../explorer/tabs/diagnosis/map_data.js";
import { hiddenEdits, strengthOf, withStrength } from "../../explorer/tabs/slide/edits.js";
import { ordered, recipesOf, scoredAtOnce, seedsOf, spoken } from "../../explorer/tabs/sample/sheet.js";

/** @type {Edit[]} */
const EDITS = [
  ["pca:0", 1, 0, null],
  ["pca:0", 2, 0, 1],
  ["sefa:0", 3, 0, null],
];

test("an edit belongs to one direction and one range of layers", () => {
  assert.equal(strengthOf(EDITS, "pca:0", [0, null]), 1);
  assert.equal(strengthOf(EDITS, "pca:0", [0, 1]), 2);
  assert.equal(strengthOf(EDITS, "pca:1", [0, null]), 0);
});

test("another strength replaces the edit, and none takes it away", () => {
  assert.deepEqual(withStrength(EDITS, "pca:0", [0, 1], -4), [EDITS[0], EDITS[2], ["pca:0", -4, 0, 1]]);
  assert.deepEqual(withStrength(EDITS, "pca:0", [0, 1], 0), [EDITS[0], EDITS[2]]);
});

test("edits of other methods and other layers are shown beside the sliders", () => {
  assert.deepEqual(hiddenEdits(EDITS, "pca", [0, null]), [EDITS[1], EDITS[2]]);
});

/** @type {any} */
const MODEL = { name: "m", noise: true, classes: ["zero", "one", "two"], layers: 6 };
const SETTINGS = { seed: 0, columns: 3, psi: 1, noise: "fixed", label: -1, mix: "", order: "seeds" };

test("a sheet counts seeds up, its classes taking turns, and says no default", () => {
  const recipes = recipesOf(MODEL, SETTINGS);
  assert.equal(recipes.length, 9);
  assert.deepEqual(recipes.slice(0, 3), [{ checkpoint: "m" }, { checkpoint: "m", label: 1, seed: 1 }, { checkpoint: "m", label: 2, seed: 2 }]); // prettier-ignore
  assert.deepEqual(recipesOf(MODEL, { ...SETTINGS, label: 0 })[4], { checkpoint: "m", seed: 4 });
  assert.deepEqual(recipesOf(MODEL, { ...SETTINGS, label: 1, psi: 0.5, noise: "none" })[0], { checkpoint: "m", psi: 0.5, noise: "none", label: 1 }); // prettier-ignore
});

test("by the critic, the most or the least real come first, and equal ones stay in the order of their seeds", () => {
  const recipes = [0, 1, 2, 3].map((seed) => ({ checkpoint: "m", seed }));
  const seeds = (/** @type {string} */ order) =>
    ordered(recipes, [-1, 2, -1, 0], order).map(({ recipe }) => recipe?.seed);
  assert.deepEqual(seeds("most"), [1, 3, 0, 2]);
  assert.deepEqual(seeds("least"), [0, 2, 3, 1]);
  assert.deepEqual(ordered(recipes, [-1, 2, -1, 0], "most")[0], { recipe: recipes[1], score: 2 });
  assert.equal(spoken({ ...MODEL, classes: [] }, { checkpoint: "m", seed: 4 }, -1.25), "Seed 4, critic's score -1.25");
});

test("the critic is asked about fewer images at once the larger they are, and about one at least", () => {
  assert.deepEqual([32, 128, 256, 512, 1024].map(scoredAtOnce), [512, 32, 8, 2, 1]);
});

test("a sheet of mixed styles has its sources in the first row and column, and no tile in the corner", () => {
  const recipes = recipesOf({ ...MODEL, classes: [] }, { ...SETTINGS, seed: 10, mix: "[2,4]" });
  assert.equal(recipes[0], null);
  assert.deepEqual(recipes.map((recipe) => recipe?.seed), [undefined, 12, 13, 10, 10, 10, 11, 11, 11]); // prettier-ignore
  assert.deepEqual(recipes[4]?.mix, [[12, 2, 4]]);
  assert.deepEqual(recipes[8]?.mix, [[13, 2, 4]]);
  assert.equal(seedsOf({ ...SETTINGS, mix: "[2,4]" }), 4);
  assert.equal(seedsOf(SETTINGS), 9);
});

test("a tile says its seed, its class and what is mixed in", () => {
  assert.equal(spoken(MODEL, { checkpoint: "m", seed: 4, label: 1 }), "Seed 4, class one");
  assert.equal(
    spoken({ ...MODEL, classes: [] }, { checkpoint: "m", mix: [[7, 0, 1]] }),
    "Seed 0 with layers of seed 7",
  );
});

/** @type {any} */
const MAP = {
  real: Float32Array.of(0, 10, 5, 20),
  fake: Float32Array.of(-5, 0),
  attributes: [{ name: "shape", values: ["round", "square"], real: Uint8Array.of(0, 1), fake: Uint8Array.of(1) }],
};

test("a filter lets one class through on both sides", () => {
  assert.deepEqual(chosen(MAP, "real", null), [0, 1]);
  assert.deepEqual(chosen(MAP, "real", [0, 1]), [1]);
  assert.deepEqual(chosen(MAP, "fake", [0, 1]), [0]);
});

test("axes that two maps share hold all points of both, with a twentieth of room", () => {
  assert.deepEqual(extent([MAP], 0), [-5.5, 5.5]);
  assert.deepEqual(extent([MAP, { ...MAP, fake: Float32Array.of(0, 40) }], 1), [-2, 42]);
});

test("a CSV quotes its cells, and leaves nothing where there is nothing", () => {
  assert.equal(csv([["a", 'say "b"'], [1, null]]), '"a","say ""b"""\n"1",'); // prettier-ignore
});

test("times and counts are said as people say them", () => {
  assert.deepEqual([0.2, 89, 90, 5399, 5400].map(duration), ["1 s", "89 s", "2 min", "90 min", "1.5 h"]);
  assert.deepEqual([1234, 12345678].map((images_seen) => kimg(images_seen)), ["1.23", "12,346"]); // prettier-ignore
});
