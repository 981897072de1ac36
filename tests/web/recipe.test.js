// Recipes and links are spelt as explorer/core/recipe.py spells them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical, layerRanges, query } from "../../explorer/web/lib/recipe.js";
import { fixture } from "./fixtures.js";

const { defaults, cases } = fixture("recipes");

const TEXTS = ["checkpoint", "z", "w", "noise", "tuned"];

/** A query as an object; 2 and 2.0 are one number. @param {string} text */
const parsed = (text) =>
  Object.fromEntries(
    [...new URLSearchParams(text)].map(([key, value]) => [key, TEXTS.includes(key) ? value : JSON.parse(value)]),
  );

test("the canonical form leaves out what is the default, as Recipe.to_dict does", () => {
  for (const { recipe, canonical: expected } of cases) assert.deepEqual(canonical(recipe, defaults), expected);
});

test("the canonical form of a canonical form is itself", () => {
  for (const { canonical: short } of cases) assert.deepEqual(canonical(short, defaults), short);
});

test("a link says what Recipe.to_query says", () => {
  for (const { recipe, query: expected } of cases) {
    assert.deepEqual(parsed(query(recipe, defaults)), parsed(expected));
  }
});

test("layers are one range, or all and three thirds that meet without a gap", () => {
  assert.deepEqual(layerRanges(1), [["all", 0, null]]);
  assert.deepEqual(layerRanges(2), [["all", 0, null]]);
  for (let count = 3; count <= 20; count++) {
    const [all, ...thirds] = layerRanges(count);
    assert.deepEqual(all, ["all", 0, null]);
    const layers = thirds.flatMap(([, first, last]) =>
      Array.from({ length: Number(last) - first + 1 }, (_, i) => first + i),
    );
    assert.deepEqual(
      layers,
      Array.from({ length: count }, (_, i) => i),
    );
  }
});
