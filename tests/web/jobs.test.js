// Work that the server does step by step while the page looks on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { followed, visitor, Work } from "../../explorer/web/lib/jobs.js";

test("a job is looked at until it has ended, and each look is shown", async () => {
  const looks = [
    { ended: false, step: 1, taken: 5 },
    { ended: false, step: 2, taken: 6 },
    { ended: true, step: 3, taken: 7 },
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
  assert.deepEqual(
    asked,
    [0, 5, 6].map((seen) => ({ job: "abc", seen })),
  );
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

const turns = () => new Promise((done) => setTimeout(done, 20));

/** A server that names jobs when it is told to, and what was cancelled and asked for there. */
function slow() {
  /** @type {((answer: object) => void)[]} */
  const starts = [];
  /** @type {string[]} */
  const cancelled = [];
  /** @type {string[]} */
  const looked = [];
  const start = () => new Promise((answer) => starts.push(answer));
  const work = new Work({
    look: async (/** @type {any} */ { job }) => {
      looked.push(job);
      return { taken: 1, ended: true, job };
    },
    cancel: async (/** @type {any} */ { job }) => {
      cancelled.push(job);
      return {};
    },
  });
  return { starts, cancelled, looked, work, run: (/** @type {any} */ show) => work.run(start, {}, show) };
}

test("work that is cancelled before the server has named it is cancelled as soon as it is named", async () => {
  const { starts, cancelled, looked, work, run } = slow();
  run(() => assert.fail("it has no news"));
  work.cancel();
  starts[0]({ job: "late" });
  await turns();
  assert.deepEqual(cancelled, ["late"]);
  assert.deepEqual(looked, []);
});

test("a second job ends the first one, which has no name yet, and is followed to its end", async () => {
  const { starts, cancelled, run } = slow();
  run(() => 0);
  const second = run(() => 0);
  starts[1]({ job: "second" });
  starts[0]({ job: "first" });
  assert.deepEqual(await second, { taken: 1, ended: true, job: "second" });
  await turns();
  assert.deepEqual(cancelled, ["first"]);
});

test("work that is stopped, even before it has a name, still gives its last look", async () => {
  const { starts, cancelled, work, run } = slow();
  const last = run(() => 0);
  work.stop();
  starts[0]({ job: "stopped" });
  assert.deepEqual(await last, { taken: 1, ended: true, job: "stopped" });
  assert.deepEqual(cancelled, ["stopped"]);
});

test("a busy server is not asked again for work that was cancelled", async (t) => {
  const { starts, cancelled, work, run } = slow();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  run(() => 0);
  work.cancel();
  starts[0]({ busy: true, error: "Too many requests." });
  await new Promise(setImmediate);
  t.mock.timers.tick(60_000);
  await new Promise(setImmediate);
  assert.equal(starts.length, 1);
  assert.deepEqual(cancelled, []);
});
