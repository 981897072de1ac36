import assert from "node:assert/strict";
import { test } from "node:test";
import { extended, smoothed, thinned } from "../../explorer/web/components/charts/curves.js";

const count = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => i);

test("the older three quarters are thinned by pairs: the later place, the mean value", () => {
  const [x, y] = thinned([count(8), [0, 2, 4, 6, 8, 10, 12, 14]]);
  assert.deepEqual(x, [1, 3, 5, 6, 7]);
  assert.deepEqual(y, [1, 5, 9, 12, 14]);
});

test("thinning keeps the last point, the order and the mean of what was thinned", () => {
  const [x, y] = thinned([count(1601), count(1601).map((i) => i * i)]);
  assert.equal(x.length, 1001);
  assert.equal(x.at(-1), 1600);
  assert.deepEqual(
    x,
    x.toSorted((a, b) => a - b),
  );
  assert.equal(y.at(-1), 1600 ** 2);
  assert.equal(y[0], 0.5);
});

test("a curve is thinned only once it has more than 1600 points", () => {
  /** @type {[number[], number[]]} */
  const curve = [count(1599), count(1599)];
  assert.equal(extended(curve, [[1600], [0]])[0].length, 1600);
  assert.equal(
    extended(curve, [
      [1600, 1601],
      [0, 0],
    ])[0].length,
    1001,
  );
});

test("a smoothed constant is the constant from its start on; without weight nothing is smoothed", () => {
  for (const value of smoothed([3, 3, 3, 3], 0.9)) assert.ok(Math.abs(value - 3) < 1e-12);
  assert.deepEqual(smoothed([1, 5, 2], 0), [1, 5, 2]);
});

test("a smoothed value is the mean of all so far, the newest counting most", () => {
  const [first, second] = smoothed([0, 1], 0.5);
  assert.equal(first, 0);
  assert.ok(Math.abs(second - 2 / 3) < 1e-12);
});
