// Which directions are shown, remembered, found and told, without a page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../../explorer/tabs/diagnosis/gather.js";
import { rangeName } from "../../explorer/tabs/slide/board/chips.js";
import * as choice from "../../explorer/tabs/slide/board/choice.js";
import { turnedTo, valueOf } from "../../explorer/tabs/slide/board/codes.js";
import { Collection } from "../../explorer/tabs/slide/board/collection.js";
import { effectWords, lengths, purity } from "../../explorer/tabs/slide/board/effects.js";
import { layerNames } from "../../explorer/tabs/slide/board/entries.js";
import { Memory } from "../../explorer/tabs/slide/board/memory.js";
import { nudged, rectangle } from "../../explorer/tabs/slide/board/region.js";
import { Sides } from "../../explorer/web/lib/sides.js";

/** @param {string} id @param {Partial<choice.Direction>} [more] */
const direction = (id, more = {}) => choice.made(id, more.title ?? id, { method: id.split(":")[0], ...more });

const HAIR = direction("learned:hair=long", {
  title: "hair: long",
  effects: [
    ["hair=long", 0.84],
    ["skin=dark", -0.04],
  ],
  impurity: 0.25,
});
const FOUND = [HAIR, direction("pca:0"), direction("pca:1"), direction("sefa:0", { layers: [2, 2] })];
const TITLES = { pca: "PCA (GANSpace)", learned: "Attributes (learned)", own: "Own" };

const SIZES = { w_dim: 2, num_ws: 4 };
/** An own direction's id. @param {number[]} numbers */
const spelled = (...numbers) => `w:${Buffer.from(new Float32Array(numbers).buffer).toString("base64")}`;

/** @returns {Map<string, string> & {getItem: any, setItem: any, removeItem: any}} */
function storage(room = 1e9) {
  const kept = new Map();
  const used = () => [...kept].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return Object.assign(kept, {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    removeItem: (/** @type {string} */ key) => kept.delete(key),
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => {
      if (used() + value.length > room) throw new Error("QuotaExceededError");
      kept.set(key, value);
    },
  });
}

test("until somebody chooses, the first sliders are shown; of those chosen, the ones that there are", () => {
  const none = choice.untouched();
  assert.deepEqual(choice.shownOf(FOUND, none, ["pca:1", "pca:0"]), ["pca:1", "pca:0"]);
  assert.deepEqual(choice.shownOf(FOUND, { ...none, chosen: ["gone:0", "pca:0"] }, ["pca:1"]), ["pca:0"]);
  assert.deepEqual(choice.shownOf(FOUND, { ...none, chosen: [] }, ["pca:1"]), []);
});

test("the board is ordered, and has an end", () => {
  assert.deepEqual(choice.movedId(["a", "b", "c"], "a", 1), ["b", "a", "c"]);
  assert.deepEqual(choice.movedId(["a", "b", "c"], "c", -2), ["c", "a", "b"]);
  assert.deepEqual(choice.movedId(["a", "b"], "a", -1), ["a", "b"]);
  assert.deepEqual(choice.withId(["a", "b"], "c", "a"), ["a", "c", "b"]);
  assert.deepEqual(choice.withId(["a", "b"], "a"), ["a", "b"]);
  const full = Array.from({ length: choice.MAX_SHOWN }, (_, i) => `pca:${i}`);
  assert.deepEqual(choice.withId(full, "more"), full);
});

test("a title can be changed and taken back, an own one changed only", () => {
  const own = choice.withOwn(choice.untouched(), choice.made("w:AAAA", "mine"));
  const named = choice.renamed(choice.renamed(own, "pca:0", " turn "), "w:AAAA", "ours");
  const titles = choice.listOf(FOUND, named).map(({ title }) => title);
  assert.deepEqual(titles, ["ours", "hair: long", "turn", "pca:1", "sefa:0"]);
  assert.deepEqual(choice.renamed(named, "pca:0", "").titles, {});
  assert.equal(choice.renamed(named, "w:AAAA", " ").own[0].title, "ours");
  assert.equal(choice.renamed(named, "pca:0", "x".repeat(500)).titles["pca:0"].length, choice.MAX_TITLE);
});

test("own directions are bounded", () => {
  let full = choice.untouched();
  for (let i = 0; i < choice.MAX_OWN; i++) full = choice.withOwn(full, choice.made(`w:${i}`, "x"));
  assert.throws(() => choice.withOwn(full, choice.made("w:more", "x")), /100 directions of your own/);
  assert.equal(choice.withOwn(full, choice.made("w:3", "again")), full);
});

test("a direction brings its layers, and takes the board's or others where it may", () => {
  const [, free, , bound] = FOUND;
  const none = choice.untouched();
  assert.deepEqual(choice.layersOf(free, none, [0, 1]), [0, 1]);
  assert.deepEqual(choice.layersOf(bound, none, [0, 1]), [2, 2]);
  assert.deepEqual(choice.layersOf(bound, { ...none, layers: { "sefa:0": [0, 3] } }, [0, 1]), [0, 3]);
  assert.deepEqual(layerNames(2, free, none), []);
  assert.deepEqual(layerNames(6, bound, none)[0], ["null", "layer 2"]);
  assert.deepEqual(layerNames(6, free, { ...none, layers: { "pca:0": [3, 3] } }).at(-1), ["[3,3]", "layer 3"]);
  assert.equal(rangeName(6, 0, 1), "coarse");
  assert.equal(rangeName(6, 0, null), "");
});

test("search reads title, method, effects and note, every word of it", () => {
  const ids = (/** @type {string} */ text) => choice.searched(FOUND, text, TITLES).map(({ id }) => id);
  assert.deepEqual(ids("HAIR"), ["learned:hair=long"]);
  assert.deepEqual(ids("skin learned"), ["learned:hair=long"]);
  assert.deepEqual(ids("ganspace"), ["pca:0", "pca:1"]);
  assert.deepEqual(ids("hair ganspace"), []);
  assert.equal(ids("  ").length, FOUND.length);
});

test("the words that the search suggests find something", () => {
  assert.equal(choice.searchWords(FOUND.slice(1), TITLES), "PCA, sefa");
  assert.equal(choice.searchWords(FOUND, TITLES), "hair, Attributes, PCA");
  for (const word of ["hair", "Attributes", "PCA", "sefa"])
    assert.ok(choice.searched(FOUND, word, TITLES).length, word);
});

test("a number alone is called by its method, a second title gets a number", () => {
  assert.equal(choice.fullName({ ...FOUND[1], title: "3 · less width" }, TITLES), "PCA 3 · less width");
  assert.equal(choice.fullName(HAIR, TITLES), "hair: long");
  assert.equal(choice.fresh("a", ["a", "a (2)"]), "a (3)");
  assert.ok(choice.isBeyond({ ...HAIR, low: -1, high: 2 }, 2.5));
  assert.ok(!choice.isBeyond({ ...HAIR, low: -1, high: 2 }, 2));
});

test("what a direction changes is told in words, and drawn within bounds", () => {
  assert.equal(
    effectWords({ ...HAIR, note: "83 % of images" }),
    "+0.8 deviations of hair: long per unit, −0.04 of skin: dark; others change 0.3 times as much. 83 % of images.",
  );
  assert.equal(effectWords({ ...FOUND[1], note: "12 % of the variance" }), "12 % of the variance.");
  assert.deepEqual(lengths({ ...HAIR, effects: [["a", 9], ["b", -0.75]] }), [1, -0.5]); // prettier-ignore
  assert.deepEqual([0, 1, null].map(purity), [1, 0.5, 0]);
});

test("what is remembered comes back, own ones written once", () => {
  const kept = storage();
  const memory = new Memory(() => kept);
  const id = spelled(1, -2);
  const own = choice.made(id, "mine", { low: -1, high: 4, note: "from 1 image" });
  const written = { chosen: [id, "pca:0"], titles: { "pca:0": "turn" }, layers: { [id]: /** @type {choice.Layers} */ ([0, 1]) }, own: [own] }; // prettier-ignore
  assert.ok(memory.write("faces:1", written));
  assert.deepEqual(memory.read("faces:1", SIZES), written);
  assert.deepEqual(memory.read("faces:2", SIZES), choice.untouched()); // other weights, other w
  assert.equal(kept.get("explorer-directions:faces:1")?.split(id.slice(2)).length, 2);
});

test("an own direction that this model cannot use is dropped when it is read, and no other with it", () => {
  const good = { id: spelled(1, 2), title: "good", layers: [1, 3], low: -1, high: 1 };
  const whole = { ...good, id: spelled(1, 2, 3, 4, 5, 6, 7, 8), title: "whole", layers: [0, null] };
  const bad = [
    ...["w:AAAA", "w:%%", "w:", "pca:0", spelled(1), spelled(1, 2, 3, 4), spelled(1, NaN), spelled(1, 1e30)].map(
      (id) => ({ ...good, id }),
    ),
    ...[{ low: 5, high: -5 }, { low: 1, high: 1 }, { high: 101 }, { layers: [0, 99] }, { layers: [2, 1] }].map(
      (change) => ({ ...good, id: spelled(3, 3), ...change }),
    ),
  ];
  const kept = storage();
  const own = [...bad, good, { ...good, title: "twice" }, whole];
  kept.set(
    "explorer-directions:m",
    JSON.stringify({ own, chosen: [own.length - 1, 0, "pca:1"], layers: [["pca:1", [0, 99]], ["pca:2", [0, 3]]] }), // prettier-ignore
  );
  const read = new Memory(() => kept).read("m", SIZES);
  assert.equal(read.own.length, 2);
  assert.deepEqual(new Set(read.own.map(({ id }) => id)), new Set([good.id, whole.id]));
  assert.deepEqual(choice.shownOf(choice.listOf(FOUND, read), read, []), [whole.id, "pca:1"]);
  assert.deepEqual(read.layers, { "pca:2": [0, 3] });
});

test("a storage that is broken, forbidden or full breaks nothing", () => {
  const forbidden = new Memory(() => {
    throw new Error("SecurityError");
  });
  assert.deepEqual(forbidden.read("m", SIZES), choice.untouched());
  assert.equal(forbidden.write("m", choice.untouched()), false);
  for (const text of [
    "{",
    "null",
    "7",
    '{"own": 3, "chosen": {}, "titles": [1], "layers": "x"}',
    '{"own": [{"id": 1}]}',
  ]) {
    const kept = storage();
    kept.set("explorer-directions:m", text);
    assert.deepEqual(new Memory(() => kept).read("m", SIZES).own, [], text);
  }
  const odd = storage();
  odd.set("explorer-directions:m", JSON.stringify({ chosen: [9, "pca:0", "pca:0", null], titles: { a: 5 }, own: [{ id: "w:A", title: "t", layers: [0], low: 1e9, high: 2 }] })); // prettier-ignore
  assert.deepEqual(new Memory(() => odd).read("m", SIZES), { ...choice.untouched(), chosen: ["pca:0"] });
  odd.set("explorer-directions", "[[");
  assert.ok(new Memory(() => odd).write("m", choice.untouched()));
  assert.equal(new Memory(() => storage(20)).write("m", choice.untouched()), false);
  const huge = { ...choice.untouched(), own: [choice.made(`w:${"A".repeat(1e6)}`, "huge")] };
  assert.equal(new Memory(() => storage()).write("m", huge), false);
});

test("what was used longest ago gives way", () => {
  const kept = storage();
  const memory = new Memory(() => kept);
  for (let i = 0; i < 25; i++) memory.write(`m${i}`, choice.untouched());
  assert.equal([...kept.keys()].length, 21); // 20 models and their list
  assert.ok(!kept.has("explorer-directions:m4") && kept.has("explorer-directions:m5"));
  const tight = storage(700);
  const small = new Memory(() => tight);
  const some = { ...choice.untouched(), chosen: Array.from({ length: 20 }, (_, i) => `pca:${i}`) };
  assert.ok(small.write("a", some) && small.write("b", some) && small.write("c", some));
  assert.ok(!tight.has("explorer-directions:a") && tight.has("explorer-directions:c"));
});

test("a collection adds, hides and tells that there is no room; it warns once of a storage that keeps nothing", () => {
  /** @type {string[]} */
  const said = [];
  let laid = 0;
  const forbidden = new Memory(() => storage(0));
  const collection = new Collection(forbidden, () => (laid += 1), (text) => said.push(text)); // prettier-ignore
  collection.clear("m");
  const many = Array.from({ length: 30 }, (_, i) => direction(`pca:${i}`));
  collection.take({ directions: many, chosen: ["pca:0", "pca:1"], picked: [], methods: [], learnable: "", learned: true, learning: "", weights: "1", ...SIZES }); // prettier-ignore
  collection.toggle("pca:2", true);
  collection.add([choice.made("w:A", "a"), choice.made("w:B", "a")], "pca:0");
  assert.deepEqual(collection.ids, ["pca:0", "w:B", "w:A", "pca:1", "pca:2"]);
  assert.deepEqual(collection.choice.own.map(({ title }) => title), ["a", "a (2)"]); // prettier-ignore
  assert.equal(collection.nameOf("w:ZZ"), "own direction");
  const before = collection.choice;
  collection.add([choice.made("w:A", "a"), choice.made("pca:0", "turn")]); // an import of what is there already
  assert.deepEqual(collection.choice.own, before.own);
  assert.deepEqual(collection.ids, before.chosen);
  assert.equal(collection.nameOf("pca:0"), "turn");
  collection.toggle("w:B", false);
  collection.set(choice.withoutOwn(collection.choice, "w:A"));
  assert.deepEqual(collection.ids, ["pca:0", "pca:1", "pca:2"]);
  for (let i = 3; i < choice.MAX_SHOWN; i++) collection.toggle(`pca:${i}`, true);
  assert.throws(() => collection.toggle("pca:29", true), /room for 24 sliders/);
  assert.equal(said.length, 1);
  assert.ok(laid > 20);
});

test("a value of a code is left for another, and what it was by itself needs no edit", () => {
  const codes = ["codes:0", "codes:1", "codes:2"];
  /** @type {Edit[]} */
  const other = [["pca:0", 1, 0, null]];
  const turned = turnedTo(other, codes, 1, 2);
  assert.deepEqual(turned, [...other, ["codes:1", -3, 0, null], ["codes:2", 3, 0, null]]);
  assert.equal(valueOf(turned, codes, 1), 2);
  assert.equal(valueOf(other, codes, 1), 1);
  assert.deepEqual(turnedTo(turned, codes, 1, 1), other);
});

test("a region lies inside of the image, however it is drawn or moved", () => {
  assert.deepEqual(rectangle([0.8, -1], [0.2, 0.5]), { left: 0.2, top: 0, right: 0.8, bottom: 0.5 });
  const region = rectangle([0.5, 0.5], [1, 1]);
  assert.deepEqual(nudged(region, [1, 1], false), region);
  assert.equal(nudged(region, [-1, 0], false).left, 0.5 - 1 / 32);
  assert.equal(nudged(rectangle([0, 0], [0.5, 0.5]), [1, 0], true).right, 0.5 + 1 / 32);
});

test("sides gather images of one checkpoint, each once, up to a bound", () => {
  const sides = new Sides();
  let told = 0;
  sides.watch(() => (told += 1));
  sides.add("from", { checkpoint: "a" });
  sides.add("to", { checkpoint: "a", seed: 1 });
  sides.add("to", { checkpoint: "b" });
  assert.deepEqual(sides.images, { from: [], to: [{ checkpoint: "b" }] });
  assert.equal(told, 3);
  assert.equal(sides.add("to", { checkpoint: "b" }, { checkpoint: "b", seed: 1 }, { checkpoint: "b", seed: 1 }), 0);
  assert.equal(sides.images.to.length, 2);
  const many = Array.from({ length: 70 }, (_, seed) => ({ checkpoint: "b", seed: seed + 1 }));
  assert.equal(sides.add("to", ...many), 7); // of 71 in all
  assert.equal(sides.images.to.length, 64);
  sides.remove("to", 0);
  assert.equal(sides.images.to.length, 63);
});

test("marked points are counted: generated ones can be taken, real ones are left out with a reason", () => {
  assert.match(told(0, 0), /^Mark points/);
  assert.equal(told(1, 0), "1 generated image marked.");
  assert.match(told(100, 2), /^100 generated images marked, of which the first 64 are taken\. 2 real left out: /);
});
