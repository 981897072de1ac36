// Drawings: their spelling and their pixels are the server's, bit for bit.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Raster } from "../../explorer/tabs/translate/raster.js";
import { SPAN, TOOLS, extended, onPaper, packed, pointsOf, unpacked } from "../../explorer/tabs/translate/strokes.js";
import { inChannels, planes, rgba, shown, withMask, withoutAlpha } from "../../explorer/web/render/tensors.js";
import { bytes } from "../../explorer/web/lib/bytes.js";
import { fixture } from "./fixtures.js";

const hash = (/** @type {Uint8Array} */ data) => createHash("sha256").update(data).digest("hex");

/** @param {any} case_ of the fixture */
function drawn({ side, base, paper, strokes }) {
  const ground = new Uint8Array(3 * side * side);
  for (let i = 0; i < ground.length; i++) ground[i] = [250, 240, 210][i % 3];
  ground.set(bytes(base));
  const raster = new Raster(side);
  raster.paper = paper;
  raster.begin(ground, null);
  for (const stroke of unpacked(strokes)) raster.stroke(stroke);
  return raster;
}

test("strokes become the pixels that the server makes of them, as shades, as a flat map and in grey", () => {
  for (const one of fixture("drawings")) {
    const raster = drawn(one);
    const image = raster.reduced(one.flat);
    assert.equal(hash(image), one.image, `${one.side} pixels`);
    assert.equal(hash(inChannels(image, 1)), one.grey);
    assert.equal(hash(raster.marked()), one.mask);
  }
});

test("strokes are spelt as the server spells them", () => {
  for (const { strokes } of fixture("drawings")) assert.equal(packed(unpacked(strokes)), strokes);
  assert.equal(packed([]), "");
});

test("a line that is drawn point by point is the line that is drawn at once", () => {
  const whole = new Raster(16);
  const parts = new Raster(16);
  const stroke = { tool: TOOLS.pen, colour: [1, 2, 3], width: 90, points: [100, 100, 700, 300, 20, 999] };
  whole.stroke(stroke);
  const growing = { ...stroke, points: [100, 100] };
  parts.stroke(growing);
  for (const point of [
    [700, 300],
    [20, 999],
  ]) {
    assert.ok(extended(growing, point));
    parts.segment(growing, growing.points.length - 4, growing.points.length - 2);
  }
  assert.deepEqual(parts.fine, whole.fine);
});

test("a point that is too near to the last does not count", () => {
  const stroke = { tool: TOOLS.pen, colour: [0, 0, 0], width: 9, points: [10, 10] };
  assert.equal(extended(stroke, [12, 12]), false);
  assert.equal(extended(stroke, [20, 10]), true);
  assert.equal(pointsOf([stroke]), 2);
});

test("a pointer beyond the edge draws on it", () => {
  const box = { left: 10, top: 20, width: 200, height: 400 };
  assert.deepEqual(onPaper(box, 110, 220), [SPAN / 2, SPAN / 2]);
  assert.deepEqual(onPaper(box, -50, 9000), [0, SPAN]);
});

test("pixels become planes from -1 to 1, a mask 0 or 1, and planes pixels again", () => {
  const pixels = Uint8Array.from([0, 128, 255, 255, 7, 0]);
  const given = withMask(pixels, 3, Uint8Array.from([255, 0]));
  assert.deepEqual([...given], [0, 128, 255, 255, 255, 7, 0, 0]);
  const data = planes(given, 4, true);
  assert.deepEqual([...data.slice(6)], [1, 0]);
  assert.deepEqual([data[0], data[4]], [-1, 1]);
  assert.deepEqual([...withoutAlpha(rgba(data.slice(0, 6), 3))], [...pixels]);
  assert.deepEqual([...shown(Uint8Array.from([5]), 1)], [5, 5, 5, 255]);
});
