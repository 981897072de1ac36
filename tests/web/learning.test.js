// Learning in the dialog: one request a click, a sign at once, and a job that began elsewhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Learning } from "../../explorer/tabs/slide/board/learning.js";

const OPEN = { learnable: "", learned: false, learning: "" };

/** The dialog's parts as far as they are touched, and a server whose answers come when they are let. */
function dialog() {
  /** @type {Record<string, any>} */
  const parts = {};
  /** @type {[string, any][]} */
  const asked = [];
  /** @type {((answer: object) => void)[]} */
  const waiting = [];
  const call = (/** @type {string} */ name) => (/** @type {object} */ question) => {
    asked.push([name, question]);
    return new Promise((done) => waiting.push(done));
  };
  const names = ["learn_directions", "look_learning", "stop_learning"];
  const server = Object.fromEntries(names.map((name) => [name, call(name)]));
  let renewed = 0;
  const $ = (/** @type {string} */ selector) =>
    (parts[selector] ??= { removeAttribute: (/** @type {string} */ name) => delete parts[selector][name] });
  const learning = new Learning($, server, async () => (renewed += 1));
  const answer = async (/** @type {object} */ given) => {
    waiting.shift()?.(given);
    await new Promise(setImmediate);
  };
  const of = (/** @type {string} */ name) => asked.filter(([one]) => one === name).map(([, question]) => question);
  return { learning, answer, of, renewed: () => renewed, learn: $("[data-do=learn]"), stop: $("[data-do=stop]"), bar: $("progress"), doing: $(".learn .doing") }; // prettier-ignore
}

test("a click is seen at once and asks once, however often it is repeated", async () => {
  const { learning, answer, of, learn, stop, bar, doing } = dialog();
  learning.show(OPEN, "faces");
  assert.match(doing.textContent, /not been measured/);
  assert.equal(learn.disabled, false);
  learn.onclick();
  learn.onclick();
  assert.equal(doing.textContent, "Starting …");
  assert.ok(learn.disabled && !learn.hidden && stop.hidden && bar.hidden);
  assert.equal(of("learn_directions").length, 1);
  await answer({ job: "j" });
  assert.ok(learn.hidden && !stop.hidden && !bar.hidden);
  learn.onclick();
  assert.equal(of("learn_directions").length, 1);
  assert.deepEqual(of("look_learning"), [{ job: "j", seen: 0 }]);
  await answer({ done: 2, of: 6, doing: "fitting PCA", stopping: false, ended: true });
});

test("a refusal is told, outlasts a new list, and the button comes back", async () => {
  const { learning, answer, renewed, learn, stop, doing } = dialog();
  learning.show(OPEN, "faces");
  learn.onclick();
  await answer({ error: "The server is learning another model's directions." });
  assert.equal(renewed(), 1);
  learning.show(OPEN, "faces");
  assert.match(doing.textContent, /another model/);
  assert.ok(!learn.hidden && !learn.disabled && stop.hidden);
  learning.show(OPEN, "shapes");
  assert.match(doing.textContent, /not been measured/);
});

test("a learning that began before a reload is followed, stopped, and not taken up again once it has ended", async () => {
  const { learning, answer, of, renewed, learn, stop, bar, doing } = dialog();
  const found = { ...OPEN, learning: "j" };
  learning.show(found, "faces");
  learning.show(found, "faces");
  assert.deepEqual(of("look_learning"), [{ job: "j", seen: 0 }]);
  assert.ok(learn.hidden && !stop.hidden && !bar.hidden);
  stop.onclick();
  assert.ok(stop.disabled);
  assert.match(doing.textContent, /^Stopping/);
  assert.deepEqual(of("stop_learning"), [{ job: "j" }]);
  await answer({ done: 2, of: 6, doing: "fitting PCA", stopping: true, ended: true });
  assert.equal(renewed(), 1);
  learning.show(found, "faces");
  assert.equal(of("look_learning").length, 1);
  assert.ok(!learn.hidden && stop.hidden);
});

test("another model's learning goes on, out of sight", async () => {
  const { learning, answer, of, renewed, learn, bar, doing } = dialog();
  learning.show({ ...OPEN, learning: "j" }, "faces");
  learning.show(OPEN, "shapes");
  assert.ok(!learn.hidden && !learn.disabled && bar.hidden);
  await answer({ done: 2, of: 6, doing: "fitting PCA", stopping: false, ended: false });
  assert.match(doing.textContent, /not been measured/);
  learning.show({ ...OPEN, learning: "j" }, "faces");
  assert.equal(doing.textContent, "Fitting PCA … 2 of 6");
  assert.deepEqual([bar.value, bar.max], [2, 6]);
  learning.show(OPEN, "shapes");
  await new Promise((done) => setTimeout(done, 600));
  await answer({ done: 6, of: 6, doing: "done", stopping: false, ended: true });
  assert.equal(of("look_learning").length, 2);
  assert.equal(renewed(), 0);
});
