// The colours of the map by a critic's score.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decoded, layout, scoreOf, scoreRange, traces } from "../../explorer/tabs/diagnosis/map_data.js";

/** @param {ArrayBufferView} array */
const packed = (array) => Buffer.from(array.buffer).toString("base64");

const ENCODED = {
  axes: ["PC 1", "PC 2"],
  method: "PCA",
  real: packed(Float32Array.of(0, 10, 5, 20)),
  fake: packed(Float32Array.of(-5, 0, 1, 1, 2, 2)),
  real_rows: packed(Int32Array.of(7, 3)),
  attributes: [
    { name: "shape", values: ["round", "square"], real: packed(Uint8Array.of(0, 1)), fake: packed(Uint8Array.of(1, 0, 1)) },
  ],
  uncovered: packed(Int32Array.of(3)),
  off_manifold: packed(Int32Array.of()),
  scores: { real: packed(Float32Array.of(4, 2)), fake: packed(Float32Array.of(-1, 0, 1)) },
  unscored: "",
}; // prettier-ignore
const COLOURS = { real: "blue", fake: "red", ink: "black", dim: "grey", line: "silver", scale: ["a", "b", "c"] };

test("a point's score is found by its row in the reference, or by its seed", () => {
  const map = decoded(ENCODED);
  assert.equal(scoreOf(map, "real", 3), 2);
  assert.equal(scoreOf(map, "real", 7), 4);
  assert.equal(scoreOf(map, "fake", 0), -1);
  assert.equal(scoreOf(decoded({ ...ENCODED, scores: null }), "fake", 0), undefined);
  assert.equal(scoreOf(decoded({ ...ENCODED, scores: { ...ENCODED.scores, real: "" } }), "real", 3), undefined);
});

test("by score, each point that a filter lets through has its own colour on one scale", () => {
  const map = decoded(ENCODED);
  const [real, fake] = /** @type {any[]} */ (traces(map, { filter: [0, 1], byScore: true }, COLOURS, "scatter"));
  assert.deepEqual([real.marker.color, fake.marker.color], [[2], [-1, 1]]);
  assert.deepEqual([real.marker.coloraxis, fake.marker.coloraxis], ["coloraxis", "coloraxis"]);
  assert.notEqual(real.marker.symbol, fake.marker.symbol);
  const { coloraxis } = /** @type {any} */ (layout(map, COLOURS, [], "", true));
  assert.deepEqual([coloraxis.cmin, coloraxis.cmax], scoreRange(map));
  assert.deepEqual([coloraxis.colorscale[0], coloraxis.colorscale[2]], [[0, "a"], [1, "c"]]); // prettier-ignore
  assert.match(coloraxis.colorbar.title.text, /higher: .*more real/);
});

test("by side, nothing of the score is drawn", () => {
  const map = decoded(ENCODED);
  const [real, fake] = traces(map, { filter: null, byScore: false }, COLOURS, "scatter");
  assert.deepEqual([real.marker.color, fake.marker.color], ["blue", "red"]);
  assert.ok(!("coloraxis" in layout(map, COLOURS, [], "", false)));
});

test("a side without scores is grey beside the other", () => {
  const map = decoded({ ...ENCODED, scores: { ...ENCODED.scores, real: "" } });
  const [real, fake] = traces(map, { filter: null, byScore: true }, COLOURS, "scatter");
  assert.equal(real.marker.color, "grey");
  assert.deepEqual(fake.marker.color, [-1, 0, 1]);
  assert.deepEqual(scoreRange(map), [-1, 1]);
});

test("a few scores far out do not flatten the colours of the others", () => {
  const many = Float32Array.from({ length: 1001 }, (_, i) => i);
  many[1000] = 1e6;
  many[0] = -1e6;
  const map = { ...decoded(ENCODED), scores: { real: new Float32Array(0), fake: many } };
  assert.deepEqual(scoreRange(map), [10, 990]);
});
