// What the Python code answers: see tests/explorer/web/fixtures.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** @param {string} name @returns {any} */
export const fixture = (name) => JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected @param {number} tolerance */
export function assertClose(found, expected, tolerance) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assert.ok(Math.abs(found[i] - expected[i]) <= tolerance, `number ${i} is ${found[i]}, not ${expected[i]}`);
  }
}
