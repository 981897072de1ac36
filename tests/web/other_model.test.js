// What the server says of a model that is no longer shown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Picker } from "../../explorer/tabs/slide/board/picker.js";
import { Sharpener } from "../../explorer/tabs/slide/sharpener.js";

/** A server of one call, whose answers come when they are let; and what is said. @param {string} name */
function slow(name) {
  /** @type {((answer: object) => void)[]} */
  const waiting = [];
  /** @type {string[]} */
  const said = [];
  const server = { [name]: () => new Promise((done) => waiting.push(done)) };
  const refuse = async (/** @type {string} */ error) => {
    waiting.shift()?.({ error });
    await new Promise(setImmediate);
  };
  return { server, refuse, said, waiting, say: (/** @type {string} */ text) => void said.push(text) };
}

test("Sharpen: a refusal about a model is not told under another one", async () => {
  const { server, refuse, said, say } = slow("sharpener");
  /** @type {any} */
  const element = { querySelector: () => ({ setAttribute() {} }) };
  const sharpener = new Sharpener(element, server, say);
  sharpener.follow("faces");
  sharpener.follow("shapes");
  await refuse("The model 'faces' is gone.");
  assert.deepEqual(said, []);
  await refuse("The model 'shapes' is gone.");
  assert.deepEqual(said, ["The model 'shapes' is gone."]);
});

test("the pictures of codes: a refusal about a model is not told under another one", async () => {
  const { server, refuse, said, waiting, say } = slow("code_pictures");
  /** @type {any} */
  const place = { hidden: false, offsetParent: {}, querySelectorAll: () => [] };
  let checkpoint = "faces";
  const picker = new Picker(place, /** @type {any} */ ({}), server, { recipe: () => ({ checkpoint }), put() {}, say });
  const asked = async () => {
    picker.show();
    while (!waiting.length) await new Promise((done) => setTimeout(done, 10));
  };
  await asked();
  checkpoint = "shapes";
  await refuse("The model 'faces' is gone.");
  assert.deepEqual(said, []);
  await asked();
  await refuse("The model 'shapes' is gone.");
  assert.deepEqual(said, ["The model 'shapes' is gone."]);
});
