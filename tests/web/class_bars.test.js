import assert from "node:assert/strict";
import { test } from "node:test";
import { shareRow, varietyRow } from "../../explorer/web/components/class_bars.js";

/** @type {import("../../explorer/web/components/class_bars.js").ClassShare} */
const SHARE = { name: "7", real: 0.1, fake: 0.02, low: 0.08, high: 0.12, interval: [0.01, 0.03], dropped: false, abnormal: true }; // prettier-ignore
/** @type {import("../../explorer/web/components/class_bars.js").IntraClass} */
const WITHIN = { name: "7", fake: 12, variety: 0.456, asked: 20, obeyed: 0.5, narrow: true, refused: false };

test("a class says its share, how sure that is, and what would be healthy", () => {
  const { title, values, band } = shareRow(SHARE);
  assert.equal(title, "7: 2.0 % generated (1.0 % to 3.0 %), 10.0 % real, expected 8.0 % to 12.0 %");
  assert.deepEqual([values, band], [["2.0 %"], [0.08, 0.12]]);
  assert.match(shareRow({ ...SHARE, interval: null }).title, /2\.0 % generated, 10/);
});

test("a class that is missing is marked as that, not as odd", () => {
  const states = [{}, { dropped: true }, { abnormal: false }].map((facts) => shareRow({ ...SHARE, ...facts }).state);
  assert.deepEqual(states, ["odd", "missing", ""]);
});

test("variety stands beside that of real images, and obedience only where classes were asked for", () => {
  const { real, fake, values, state } = varietyRow(WITHIN, true);
  assert.deepEqual([real, fake, values, state], [1, 0.456, ["0.46", "50.0 %"], "missing"]);
  assert.deepEqual(varietyRow({ ...WITHIN, variety: null, narrow: false }, false).values, ["too few"]);
  assert.deepEqual(varietyRow({ ...WITHIN, obeyed: null }, true).values, ["0.46", ""]);
});
