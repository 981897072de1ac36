import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../explorer/web/lib/history.js";

/** @param {...number} items */
function history(...items) {
  const found = new History((/** @type {number} */ a, /** @type {number} */ b) => a === b);
  items.forEach((item) => found.commit(item));
  return found;
}

test("undo goes back to the first state and not beyond it, redo to the last", () => {
  const found = history(1, 2, 3);
  assert.deepEqual([found.go(-1), found.go(-1), found.go(-1)], [2, 1, undefined]);
  assert.deepEqual([found.canUndo, found.canRedo], [false, true]);
  assert.deepEqual([found.go(1), found.go(1), found.go(1)], [2, 3, undefined]);
  assert.deepEqual([found.canUndo, found.canRedo], [true, false]);
});

test("the same state twice is one step", () => {
  const found = history(1, 2, 2, 2);
  assert.equal(found.go(-1), 1);
});

test("a new state forgets what was undone", () => {
  const found = history(1, 2, 3);
  found.go(-2);
  found.commit(4);
  assert.equal(found.canRedo, false);
  assert.equal(found.go(-1), 1);
});

test("a reset leaves one state that cannot be undone, or none", () => {
  const found = history(1, 2, 3);
  found.reset(9);
  assert.deepEqual([found.canUndo, found.canRedo], [false, false]);
  found.commit(10);
  assert.equal(found.go(-1), 9);
  found.reset();
  assert.equal(found.go(0), undefined);
});

test("the oldest of 201 states is forgotten", () => {
  const found = history(...Array.from({ length: 201 }, (_, i) => i));
  assert.equal(found.go(-199), 1);
  assert.equal(found.canUndo, false);
});
