// The page's vectors are those of Model.ws.
import assert from "node:assert/strict";
import { test } from "node:test";
import { floats } from "../../explorer/web/lib/bytes.js";
import { canonical } from "../../explorer/web/lib/recipe.js";
import { between, meanDifference, repeated, startsOf, wsOf } from "../../explorer/web/render/vectors.js";
import { assertClose, fixture } from "./fixtures.js";

const CASES = fixture("ws");
const { defaults } = fixture("recipes");

test("a recipe starts where the server says that it does", () => {
  for (const { recipe, startRecipes } of CASES) {
    const starts = startsOf(recipe).map((start) => canonical(start, defaults));
    assert.deepEqual(starts, startRecipes);
  }
});

test("mixed, truncated and edited ws equal Model.ws", () => {
  assert.ok(CASES.length > 10);
  for (const { recipe, starts, steps, centre, numWs, wDim, expected } of CASES) {
    const step = (/** @type {string} */ name) => floats(steps[name]);
    const ws = wsOf(recipe, starts.map(floats), step, floats(centre), { numWs, wDim });
    assertClose(ws, floats(expected), 1e-5);
  }
});

test("the starting vectors stay as they are: others begin there, too", () => {
  const { recipe, starts, steps, centre, numWs, wDim } = CASES.find((/** @type {any} */ c) => c.recipe.mix);
  const own = starts.map(floats);
  wsOf(recipe, own, (name) => floats(steps[name]), floats(centre), { numWs, wDim });
  assert.deepEqual(own, starts.map(floats));
});

const PATH = {
  ws: [Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(4, 8)],
  noise: [null, [Float32Array.of(5)]],
  keys: [0, 1, 0],
};

test("a frame of a path is its own", () => {
  assert.deepEqual(between(PATH, 1, false), { ws: PATH.ws[1], noise: PATH.noise[1] });
});

test("between two frames ws lie on the straight line, and the noise is that of the nearer", () => {
  assert.deepEqual(between(PATH, 0.25, false), { ws: Float32Array.of(0.25, 0.5), noise: null });
  assert.deepEqual(between(PATH, 0.5, false).noise, PATH.noise[1]);
});

test("after the last frame comes the first in a loop, and the last one else", () => {
  assert.deepEqual(between(PATH, 2.5, true).ws, Float32Array.of(2, 4));
  assert.deepEqual(between(PATH, 2.5, false).ws, Float32Array.of(4, 8));
});

test("one w stands for all layers", () => {
  assert.deepEqual(repeated(Float32Array.of(1, 2), 4), Float32Array.of(1, 2, 1, 2));
  assert.equal(repeated(PATH.ws[0], 2), PATH.ws[0]);
});

test("images differ by the mean of their first channel, whatever number of channels the server sends", () => {
  const rgba = [10, 0, 0, 255, 20, 0, 0, 255];
  assert.equal(meanDifference(rgba, [10, 20], 1), 0);
  assert.equal(meanDifference(rgba, [13, 99, 99, 21, 99, 99], 3), 2);
});
