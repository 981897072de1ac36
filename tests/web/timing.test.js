// One call in flight, the newest wins.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { debounced, latest } from "../../explorer/web/lib/timing.js";

/** A promise and what settles it. */
function deferred() {
  /** @type {any} */
  const found = {};
  found.promise = new Promise((yes, no) => Object.assign(found, { yes, no }));
  return found;
}

/** Work that is done when the test says so. */
function controlled() {
  /** @type {any[]} */
  const calls = [];
  const work = (/** @type {unknown} */ argument) => {
    const call = { argument, ...deferred() };
    calls.push(call);
    return call.promise;
  };
  return { calls, work, asked: () => calls.map(({ argument }) => argument) };
}

test("what came between is dropped: the first call, then the newest", async () => {
  const { calls, work, asked } = controlled();
  const call = latest(work);
  const done = call(1);
  for (const argument of [2, 3, 4]) call(argument);
  assert.deepEqual(asked(), [1]);
  calls[0].yes();
  await calls[0].promise;
  await Promise.resolve();
  assert.deepEqual(asked(), [1, 4]);
  calls[1].yes();
  await done;
  assert.deepEqual(asked(), [1, 4]);
});

test("a call after all is done works again, also after a failure", async () => {
  const { calls, work, asked } = controlled();
  const call = latest(work);
  const failed = assert.rejects(call(1), /broken/);
  calls[0].no(new Error("broken"));
  await failed;
  const done = call(2);
  calls[1].yes();
  await done;
  assert.deepEqual(asked(), [1, 2]);
});

test("debounced work runs once the calls have paused, with the last arguments", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const work = mock.fn();
  const call = debounced(work, 100);
  call("a");
  mock.timers.tick(99);
  call("b");
  mock.timers.tick(99);
  assert.equal(work.mock.callCount(), 0);
  mock.timers.tick(1);
  assert.deepEqual(work.mock.calls[0].arguments, ["b"]);
  mock.timers.tick(1000);
  assert.equal(work.mock.callCount(), 1);
  mock.timers.reset();
});
