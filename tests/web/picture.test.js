// What is cropped of a picture, and which dropped files carry a recipe.
import assert from "node:assert/strict";
import { test } from "node:test";
import { moved, square } from "../../explorer/tabs/picture/geometry.js";
import { carriesRecipe } from "../../explorer/tabs/slide/drop.js";

const SIZE = { width: 400, height: 200 };

test("the whole height is the square of a wide picture, in its middle", () => {
  assert.deepEqual(square(SIZE, { zoom: 1, x: 0.5, y: 0.5 }), { left: 100, top: 0, side: 200 });
  assert.deepEqual(square(SIZE, { zoom: 2, x: 0.5, y: 0.5 }), { left: 150, top: 50, side: 100 });
});

test("the square stays inside of the picture however far it is moved", () => {
  const view = moved(SIZE, { zoom: 1, x: 0.5, y: 0.5 }, 9, 9);
  assert.deepEqual(square(SIZE, view), { left: 200, top: 0, side: 200 });
  assert.deepEqual(square(SIZE, moved(SIZE, view, -0.5, 0)), { left: 100, top: 0, side: 200 });
});

/** A PNG's chunk without a right checksum. @param {string} type @param {string} data */
function chunk(type, data) {
  const bytes = new Uint8Array(12 + data.length);
  new DataView(bytes.buffer).setUint32(0, data.length);
  bytes.set(Buffer.from(type + data, "latin1"), 4);
  return bytes;
}

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

test("a PNG with a text named recipe carries one, other files do not", () => {
  const file = (/** @type {Uint8Array[]} */ ...parts) => Uint8Array.from(Buffer.concat([PNG, ...parts]));
  assert.equal(carriesRecipe(file(chunk("IHDR", "0123456789abc"), chunk("tEXt", "recipe\0{}"))), true);
  assert.equal(carriesRecipe(file(chunk("IDAT", "xx"), chunk("iTXt", "recipe\0{}"))), true);
  assert.equal(carriesRecipe(file(chunk("IDAT", "tEXtrecipe\0{}"))), false);
  assert.equal(carriesRecipe(file(chunk("tEXt", "recipes\0{}"))), false);
  assert.equal(carriesRecipe(Uint8Array.from(Buffer.from("tEXtrecipe\0"))), false);
  assert.equal(carriesRecipe(new Uint8Array()), false);
});
