// The generator in the page, as far as it needs neither a worker nor a network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engine } from "../../explorer/web/render/engine.js";

test("whoever asks while a generator loads is answered when that has ended", async () => {
  Object.assign(globalThis, { window: globalThis, document: { querySelectorAll: () => [] } });
  /** @type {(answer: object) => void} */
  let answer = () => {};
  let asked = 0;
  const generator = () => {
    asked += 1;
    return new Promise((yes) => (answer = yes));
  };
  const server = /** @type {Server} */ (/** @type {unknown} */ ({ generator }));
  const first = engine.prepare(server, "faces");
  let ended = false;
  const second = engine.prepare(server, "faces").then(() => (ended = true));
  await new Promise((turn) => setTimeout(turn));
  assert.equal(engine.state, "loading");
  assert.equal(ended, false);
  answer({ not_here: "too large for a page" });
  await Promise.all([first, second]);
  assert.equal(asked, 1);
  assert.deepEqual([engine.state, engine.reason], ["server", "too large for a page"]);
});
