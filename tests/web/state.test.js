// What the Train tab knows of the runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { State } from "../../explorer/tabs/train/state.js";

const entry = (/** @type {string} */ name, state = "finished") => ({ name, state, images_seen: 0 });

/** @param {ReturnType<typeof entry>[]} runs */
function watching(watched = "", ...runs) {
  const state = new State(watched);
  state.takeList({ runs, stamp: 1 });
  return state;
}

test("the first run is in view, or the one that trains", () => {
  assert.equal(watching("", entry("a"), entry("b")).watched, "a");
  assert.equal(watching("", entry("a"), entry("b", "training")).watched, "b");
});

test("a verdict is coloured by the class that the server gives for its grade", () => {
  const state = new State("", ["calm", "grave"]);
  assert.deepEqual([0, 1, 2, undefined].map((grade) => state.tone(grade)), ["calm", "grave", "", ""]); // prettier-ignore
});

test("a run that a person chose stays in view while another trains", () => {
  assert.equal(watching("a", entry("a"), entry("b", "training")).watched, "a");
});

test("a run that was just started stays in view until the list has it; one that is gone does not", () => {
  const state = watching("a", entry("a"), entry("b"));
  state.watch("new", true, true);
  state.takeList({ runs: [entry("a")], stamp: 2 });
  assert.equal(state.watched, "new");
  state.takeList({ runs: [entry("a"), entry("new")], stamp: 3 });
  state.takeList({ runs: [entry("a")], stamp: 4 });
  assert.equal(state.watched, "a");
});

test("the question says what is known already, of the run in view and those beside it", () => {
  const state = watching("a", entry("a"), entry("b"), entry("c"));
  state.compared.add("b");
  state.take("a", { metric: 7, event: 3, stamp: 2, metrics: { fid: [[1], [2]] } });
  assert.deepEqual(state.question(), { stamp: 1, runs: { a: { metric: 7, event: 3, stamp: 2 }, b: {} } });
});

test("curves and events grow by what is new", () => {
  const state = watching("a", entry("a"));
  state.take("a", { metrics: { fid: [[1], [9]] }, events: [{ kind: "note" }] });
  state.take("a", { metrics: { fid: [[2], [8]], kid: [[2], [1]] }, events: [{ kind: "verdict" }] });
  assert.deepEqual(state.run?.curves, { fid: [[1, 2], [9, 8]], kid: [[2], [1]] }); // prettier-ignore
  assert.deepEqual(state.run?.events.map(({ kind }) => kind), ["note", "verdict"]); // prettier-ignore
});

test("a run that was resumed is asked for again: what lay beyond that moment is gone", () => {
  const state = watching("a", entry("a"));
  assert.ok(state.take("a", { metrics: { fid: [[1], [9]] } }));
  assert.equal(state.take("a", { events: [{ kind: "resumed" }] }), false);
  assert.equal(state.run, undefined);
  assert.ok(state.take("a", { events: [{ kind: "resumed" }], metrics: { fid: [[1], [9]] } }));
});

test("the newest sheet is in view, unless a person has chosen another that is there", () => {
  const state = watching("a", entry("a"));
  state.take("a", { now: { sheets: [10, 20, 30] } });
  assert.equal(state.shownMoment, 30);
  state.moment = 20;
  assert.equal(state.shownMoment, 20);
  state.moment = 25;
  assert.equal(state.shownMoment, 30);
});

test("the verdict is the last one up to the moment in view", () => {
  const state = watching("a", entry("a"));
  const events = [10, 20, 30].map((images_seen) => ({ kind: "verdict", images_seen }));
  state.take("a", { events });
  assert.equal(state.verdict?.images_seen, 30);
  state.moment = 25;
  assert.equal(state.verdict?.images_seen, 20);
  state.moment = 5;
  assert.equal(state.verdict?.images_seen, 10);
});

test("an alert is open until it is resolved", () => {
  const state = watching("a", entry("a"));
  const alert = (/** @type {string} */ kind, /** @type {string} */ name) => ({ kind, detail: { name } });
  state.take("a", {
    events: [alert("alert", "collapse"), alert("alert", "d-dominates"), alert("resolved", "collapse")],
  });
  assert.deepEqual(state.alerts.map(({ detail }) => detail.name), ["d-dominates"]); // prettier-ignore
});
