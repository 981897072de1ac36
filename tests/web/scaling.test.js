import assert from "node:assert/strict";
import { test } from "node:test";
import { isCrisp, turned } from "../../explorer/web/lib/scaling.js";

for (const usual of [true, false]) {
  test(`the switch turns, and back to the rule (${usual}) for every model`, () => {
    const choice = turned(usual, "");
    assert.equal(isCrisp(usual, choice), !usual);
    assert.equal(turned(usual, choice), "");
    assert.equal(isCrisp(usual, ""), usual);
  });

  test(`a choice goes before the rule (${usual}), and what is none does not`, () => {
    assert.equal(isCrisp(usual, "crisp"), true);
    assert.equal(isCrisp(usual, "smooth"), false);
    assert.equal(isCrisp(usual, "of another version"), usual);
  });

  test(`the switch turns where another model's choice is in force (${usual})`, () => {
    for (const choice of ["crisp", "smooth"])
      assert.equal(isCrisp(usual, turned(usual, choice)), !isCrisp(usual, choice));
  });
}
