// What a search does at the moment, told in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../../explorer/tabs/picture/stages.js";

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

test("tuning has a bar of its own", () => {
  const { words, share } = told("tuning", 50, 100);
  assert.equal(words, "a private copy of the model, step 50 of 100");
  assert.equal(share, 0.5);
});

test("work that is done once for a checkpoint is told as the server tells it", () => {
  assert.deepEqual(told("training an encoder, once for this checkpoint", 2, 8), {
    words: "training an encoder, once for this checkpoint, 2 of 8",
    term: "",
    share: 0.25,
  });
});
