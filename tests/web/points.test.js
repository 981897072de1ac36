// Points on an image: places, arrows, curves and masks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow, curve, distance, hindrance, packed, pointAt, stamp, within } from "../../explorer/tabs/slide/points.js";

const BOX = { left: 10, top: 20, width: 640, height: 640 };

test("a touch lands on the pixel that lies under it, whatever the element's size", () => {
  assert.deepEqual(pointAt(BOX, 10, 20, 64), { x: 0, y: 0 });
  assert.deepEqual(pointAt(BOX, 330, 180, 64), { x: 32, y: 16 });
});

test("a touch beyond the edge lands on it", () => {
  assert.deepEqual(pointAt(BOX, 9000, -5, 64), { x: 64, y: 0 });
  assert.deepEqual(within({ x: -3, y: 70 }, 64), { x: 0, y: 64 });
});

test("distances are Euclid's", () => assert.equal(distance({ x: 1, y: 2 }, { x: 4, y: 6 }), 5));

test("an arrow ends at its target with a head of two wings, and is left out where it would be all head", () => {
  assert.equal(arrow({ x: 0, y: 0 }, { x: 10, y: 0 }, 2), "M0 0L10 0M8 1L10 0L8 -1");
  assert.equal(arrow({ x: 0, y: 0 }, { x: 1, y: 0 }, 2), "");
});

test("a curve runs from left to right and touches the bottom at zero", () => {
  assert.equal(curve([8, 4, 0], 100, 20), "0,0 50,10 100,20");
  assert.equal(curve([5], 100, 20), "0,0");
  assert.equal(curve([0], 100, 20), "0,20");
});

test("a brush sets the pixels whose centres it covers, and takes them back", () => {
  const mask = new Uint8Array(16);
  stamp(mask, 4, { x: 1.5, y: 1.5 }, 1, 1);
  assert.deepEqual([...mask], [0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  stamp(mask, 4, { x: 1.5, y: 1.5 }, 0.5, 0);
  assert.equal(mask[5], 0);
  stamp(mask, 4, { x: 0, y: 0 }, 9, 0);
  assert.equal(mask.includes(1), false);
});

test("a mask is sent as numpy's packbits reads it, an empty one as no mask", () => {
  assert.equal(packed(new Uint8Array(16)), "");
  assert.equal(packed(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 1)), btoa(String.fromCharCode(0x81, 0x40)));
});

test("a drag needs points, each with a target", () => {
  const at = { x: 1, y: 1 };
  assert.match(hindrance([]), /Click a point/);
  assert.match(
    hindrance([
      { handle: at, target: at },
      { handle: at, target: null },
    ]),
    /^Point 2 has no target/,
  );
  assert.equal(hindrance([{ handle: at, target: at }]), "");
});
