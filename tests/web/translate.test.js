// What the page knows of a translator: recipes, palettes, papers, and what can be undone.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EMPTY,
  edgeColour,
  groundKey,
  grouped,
  hex,
  isEmpty,
  nearest,
  paperOf,
  queryOf,
  recipeOf,
  rgbOf,
  same,
} from "../../explorer/tabs/translate/model.js";
import { unpacked } from "../../explorer/tabs/translate/strokes.js";
import { History } from "../../explorer/web/lib/history.js";
import { fixture } from "./fixtures.js";

const DOT = { tool: 0, colour: [0, 0, 0], width: 9, points: [5, 5] };

test("recipes and links are the server's", () => {
  for (const { recipe, query } of fixture("translations")) {
    const { translator, strokes = "", ...fields } = recipe;
    const again = recipeOf(translator, { ...EMPTY, ...fields, strokes: unpacked(strokes) });
    assert.deepEqual(again, recipe);
    const [found, wanted] = [queryOf(again), query].map((text) =>
      Object.fromEntries(new URLSearchParams(String(text))),
    );
    assert.deepEqual(found, wanted);
  }
});

test("a picture of one's own has no link", () => {
  assert.equal(queryOf(recipeOf("m", { ...EMPTY, image: "AAAA" })), null);
});

test("a drawing that is too long for an address has no link", () => {
  const points = Array.from({ length: 200 }, (_, i) => (97 * i) % 1024);
  const strokes = Array.from({ length: 250 }, () => ({ ...DOT, points }));
  assert.ok(queryOf(recipeOf("m", { ...EMPTY, strokes: strokes.slice(0, 20) })));
  assert.equal(queryOf(recipeOf("m", { ...EMPTY, strokes })), null);
});

test("paper without a stroke is empty, an example is not", () => {
  assert.ok(isEmpty(EMPTY));
  assert.ok(!isEmpty({ ...EMPTY, example: 0 }));
  assert.ok(!isEmpty({ ...EMPTY, strokes: [DOT] }));
});

test("each stroke is undone by itself, and what was undone comes back", () => {
  const history = new History(same);
  const one = { ...EMPTY, strokes: [DOT] };
  const two = { ...EMPTY, strokes: [...one.strokes, DOT] };
  for (const drawing of [EMPTY, one, one, two]) history.commit(drawing);
  assert.equal(history.go(-1), one);
  assert.equal(history.go(-1), EMPTY);
  assert.equal(history.go(-1), undefined);
  assert.equal(history.go(1), one);
});

test("what is drawn on does not depend on the strokes", () => {
  assert.equal(groundKey("m", { ...EMPTY, strokes: [DOT] }), groundKey("m", EMPTY));
  assert.notEqual(groundKey("m", { ...EMPTY, example: 1 }), groundKey("m", EMPTY));
});

test("a palette is grouped by what stands before the colon, names of their own first", () => {
  const groups = grouped([
    ["hair: red", [1, 0, 0]],
    ["ink", [0, 0, 0]],
    ["skin: tan", [2, 0, 0]],
    ["hair: grey", [3, 0, 0]],
  ]);
  assert.deepEqual(
    groups.map(({ title, colours }) => [title, colours.map(({ name }) => name)]),
    [
      ["", ["ink"]],
      ["hair", ["hair: red", "hair: grey"]],
      ["skin", ["skin: tan"]],
    ],
  );
});

test("colours are written and read", () => {
  assert.equal(hex([240, 236, 2]), "#f0ec02");
  assert.deepEqual(rgbOf("#f0ec02"), [240, 236, 2]);
  assert.deepEqual(
    nearest(
      [9, 9, 9],
      [
        [0, 0, 0],
        [10, 10, 10],
        [255, 0, 0],
      ],
    ),
    [10, 10, 10],
  );
});

test("the paper of an image is the one nearest to most of its edge", () => {
  const rgb = new Uint8Array(3 * 16).fill(200);
  rgb.set([0, 0, 0], 0); // a corner is drawn on
  assert.deepEqual(edgeColour(rgb, 4), [200, 200, 200]);
  /** @type {[string, number[]][]} */
  const papers = [
    ["usual", [0, 0, 0]],
    ["grey", [190, 190, 190]],
  ];
  assert.equal(paperOf(rgb, papers), "#bebebe");
  assert.equal(paperOf(rgb, papers.toReversed()), "");
  assert.equal(paperOf(rgb, []), "");
});
