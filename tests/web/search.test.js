// A search that the server runs: cancelled at any time, and told of in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Search } from "../../explorer/tabs/picture/search.js";
import { told } from "../../explorer/tabs/picture/stages.js";

const turns = () => new Promise((done) => setTimeout(done, 20));

/** A server that answers `search` when it is told to, and what was cancelled and asked for there. */
function slow() {
  /** @type {((answer: object) => void)[]} */
  const starts = [];
  /** @type {string[]} */
  const cancelled = [];
  /** @type {string[]} */
  const looked = [];
  const server = {
    search: () => new Promise((answer) => starts.push(answer)),
    search_progress: async (/** @type {any} */ { token }) => {
      looked.push(token);
      return { count: 1, done: true, token };
    },
    cancel_search: async (/** @type {any} */ { token }) => cancelled.push(token),
  };
  return { starts, cancelled, looked, search: new Search(/** @type {any} */ (server)) };
}

test("a search that is cancelled before the server has named it is cancelled as soon as it is named", async () => {
  const { starts, cancelled, looked, search } = slow();
  search.run({}, () => assert.fail("it has no news"));
  search.cancel();
  starts[0]({ token: "late" });
  await turns();
  assert.deepEqual(cancelled, ["late"]);
  assert.deepEqual(looked, []);
});

test("a second search ends the first one, which has no name yet, and is followed to its end", async () => {
  const { starts, cancelled, search } = slow();
  search.run({}, () => 0);
  const second = search.run({}, () => 0);
  starts[1]({ token: "second" });
  starts[0]({ token: "first" });
  assert.deepEqual(await second, { count: 1, done: true, token: "second" });
  await turns();
  assert.deepEqual(cancelled, ["first"]);
});

test("a busy server is not asked again for a search that was cancelled", async () => {
  const { starts, cancelled, search } = slow();
  search.run({}, () => 0);
  search.cancel();
  starts[0]({ busy: true, error: "Too many requests." });
  await new Promise((done) => setTimeout(done, 2200)); // it is asked again after two seconds
  assert.equal(starts.length, 1);
  assert.deepEqual(cancelled, []);
});

test("stages have plain words and the field's term, and the whole search is one bar", () => {
  const stages = [
    ["encoder", 1, 3],
    ["encoder", 3, 3],
    ["w", 60, 120],
    ["w+", 80, 80],
    ["comparing with held-out real images", 40, 40],
  ].map(([stage, step, steps]) => told(String(stage), Number(step), Number(steps)));
  assert.deepEqual(
    stages.map(({ words }) => words),
    [
      "first guess",
      "closer guesses, step 3 of 3",
      "searching w, step 60 of 120",
      "layer by layer, step 80 of 80",
      "comparing with real images, step 40 of 40",
    ],
  );
  assert.match(stages[3].term, /w\+/);
  const shares = stages.map(({ share }) => share);
  assert.deepEqual(
    shares,
    [...shares].sort((a, b) => a - b),
  );
  assert.equal(shares.at(-1), 1);
});

test("work that is done once for a checkpoint is told as the server tells it", () => {
  assert.deepEqual(told("training an encoder, once for this checkpoint", 2, 8), {
    words: "training an encoder, once for this checkpoint, 2 of 8",
    term: "",
    share: 0.25,
  });
});
