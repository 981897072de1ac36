// Work that the server does step by step while the page looks on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { followed, visitor } from "../../explorer/web/lib/jobs.js";

test("a job is looked at until it has ended, and each look is shown", async () => {
  const looks = [
    { ended: false, step: 1 },
    { ended: false, step: 2 },
    { ended: true, step: 3 },
  ];
  /** @type {object[]} */
  const asked = [];
  /** @type {number[]} */
  const shown = [];
  const look = async (/** @type {object} */ question) => {
    asked.push(question);
    return looks[asked.length - 1];
  };
  assert.deepEqual(await followed(look, "abc", ({ step }) => shown.push(step), 0), looks[2]);
  assert.deepEqual(shown, [1, 2, 3]);
  assert.deepEqual(asked, Array(3).fill({ job: "abc" }));
});

test("what the server says of a failed job is what is thrown", async () => {
  await assert.rejects(
    followed(
      async () => ({ error: "It cannot go on." }),
      "abc",
      () => 0,
      0,
    ),
    {
      message: "It cannot go on.",
    },
  );
});

test("a visitor is 16 random bytes in hex", () => assert.match(visitor, /^[0-9a-f]{32}$/));
