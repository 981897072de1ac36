// The options of a training, as the form and the dialogs show them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applies, nextName } from "../../explorer/tabs/train/fields.js";

const gan = { settings: ["arch"], names: ["dcgan", "mlp"] };
const codes = { settings: ["codes_categorical", "codes_continuous"], names: null };

test("an option has an effect where each of its conditions holds", () => {
  const option = { applies_to: [gan, codes] };
  assert.ok(applies(option, { arch: "dcgan", codes_categorical: 0, codes_continuous: 2 }));
  assert.ok(!applies(option, { arch: "dcgan", codes_categorical: 0, codes_continuous: 0 }));
  assert.ok(!applies(option, { arch: "vae", codes_categorical: 10, codes_continuous: 0 }));
  assert.ok(applies({ applies_to: [] }, {}));
});

test("the next run's name has at most 64 characters", () => {
  assert.equal(nextName("faces"), "faces-2");
  assert.equal(nextName("x".repeat(64)).length, 64);
});
