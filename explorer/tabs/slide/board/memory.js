// What the browser remembers of a person's directions, model by model. A storage that is full, broken or forbidden costs
// no more than the memory.
import { MAX_OWN, MAX_SHOWN, MAX_TITLE, OWN, made, untouched } from "./choice.js";

/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./choice.js").Direction} Direction */
/** @typedef {import("../edits.js").Layers} Layers */
/** @typedef {{w_dim: number, num_ws: number}} Sizes of the model */
/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

const KEY = "explorer-directions";
const MAX_MODELS = 20;
const MAX_CHARACTERS = 1_000_000; // of one model's record; a browser keeps 5 million of a page
const MAX_NAMES = 1000;
const MAX_STRENGTH = 100;
const MAX_COORDINATE = 1e6; // of a vector, as explorer/core/recipe.py has it

export class Memory {
  /** @param {() => Store} storage whose mere mention may throw */
  constructor(storage) {
    this.storage = storage;
  }

  /** What is remembered of a model, without what it could not use. @param {string} model name and weights @param {Sizes} sizes @returns {Choice} */
  read(model, sizes) {
    try {
      return checked(JSON.parse(this.storage().getItem(`${KEY}:${model}`) ?? "null"), sizes);
    } catch {
      return untouched();
    }
  }

  /** Remember a model's; those that were used longest ago give way. False where that could not be done. @param {string} model @param {Choice} choice */
  write(model, choice) {
    const record = JSON.stringify(packed(choice));
    if (record.length > MAX_CHARACTERS) return false;
    try {
      const storage = this.storage();
      const others = this.#models().filter((name) => name !== model);
      for (const old of others.splice(MAX_MODELS - 1)) storage.removeItem(`${KEY}:${old}`);
      this.#put(`${KEY}:${model}`, record, others);
      storage.setItem(KEY, JSON.stringify([model, ...others]));
      return true;
    } catch {
      return false;
    }
  }

  /** Names of the models that something is remembered of, the newest first. @returns {string[]} */
  #models() {
    try {
      const found = JSON.parse(this.storage().getItem(KEY) ?? "[]");
      return Array.isArray(found) ? found.filter((name) => typeof name === "string") : [];
    } catch {
      return [];
    }
  }

  /** Where there is no room, the oldest of the others give way. Throws where that does not help. @param {string} key @param {string} record @param {string[]} others the oldest last */
  #put(key, record, others) {
    const storage = this.storage();
    for (;;) {
      try {
        return storage.setItem(key, record);
      } catch (error) {
        const old = others.pop();
        if (old === undefined) throw error;
        storage.removeItem(`${KEY}:${old}`);
      }
    }
  }
}

/** Own ones among the chosen are written as their number: their ids are long. @param {Choice} choice */
function packed({ chosen, titles, layers, own }) {
  const ids = own.map(({ id }) => id);
  const short = (/** @type {string} */ id) => (ids.includes(id) ? ids.indexOf(id) : id);
  return { chosen: chosen && chosen.map(short), titles, layers: byShort(layers, short), own };
}

/** @param {Record<string, Layers>} layers @param {(id: string) => string | number} short */
const byShort = (layers, short) => Object.entries(layers).map(([id, range]) => [short(id), range]);

/** What was written, as far as it makes sense: anything may stand there. @param {any} found @param {Sizes} sizes @returns {Choice} */
function checked(found, sizes) {
  const written = listed(found?.own);
  const sound = written.filter((one) => isDirection(one, sizes));
  const own = [...new Map(sound.map((one) => [one.id, owned(one)])).values()].slice(0, MAX_OWN);
  const idOf = (/** @type {unknown} */ one) => (typeof one === "number" ? written[one]?.id : one);
  const chosen = found?.chosen && [...new Set(listed(found.chosen).map(idOf).filter(isText))].slice(0, MAX_SHOWN);
  const titles = Object.entries(found?.titles ?? {}).filter(([, title]) => isText(title));
  const layers = listed(found?.layers)
    .filter((pair) => Array.isArray(pair) && isText(idOf(pair[0])) && isRange(pair[1], sizes))
    .map(([one, range]) => [idOf(one), range]);
  return {
    chosen: chosen || null,
    titles: Object.fromEntries(
      titles.slice(0, MAX_NAMES).map(([id, title]) => [id, String(title).slice(0, MAX_TITLE)]),
    ),
    layers: Object.fromEntries(layers.slice(0, MAX_NAMES)),
    own,
  };
}

/** @param {any} found @returns {any[]} */
const listed = (found) => (Array.isArray(found) ? found : []);

/** @param {unknown} found @returns {found is string} */
const isText = (found) => typeof found === "string" && found !== "";

/** @param {any} found @param {Sizes} sizes @returns {found is Layers} */
function isRange(found, { num_ws }) {
  if (!Array.isArray(found) || !Number.isInteger(found[0]) || found[0] < 0 || found[0] >= num_ws) return false;
  return found[1] === null || (Number.isInteger(found[1]) && found[0] <= found[1] && found[1] < num_ws);
}

/** @param {any} found @param {Sizes} sizes */
const isDirection = (found, sizes) =>
  isStep(found?.id, sizes) &&
  isText(found.title) &&
  isRange(found.layers, sizes) &&
  isEnd(found.low) &&
  isEnd(found.high) &&
  found.low < found.high;

/** Whether an id spells a step in this model's w: `w:` and base64 of w_dim or num_ws * w_dim numbers. @param {any} id @param {Sizes} sizes */
function isStep(id, { w_dim, num_ws }) {
  if (!isText(id) || !id.startsWith("w:")) return false;
  try {
    const bytes = Uint8Array.from(atob(id.slice(2)), (character) => character.charCodeAt(0));
    const numbers = new Float32Array(bytes.buffer); // throws for a part of a number
    const fits = numbers.length === w_dim || numbers.length === num_ws * w_dim;
    return fits && numbers.every((one) => Math.abs(one) <= MAX_COORDINATE);
  } catch {
    return false;
  }
}

/** @param {any} found */
const isEnd = (found) => typeof found === "number" && Math.abs(found) <= MAX_STRENGTH;

/** @param {any} found @returns {Direction} */
function owned({ id, title, method, layers, low, high, note }) {
  const kept = { layers, low, high, note: isText(note) ? note : "", method: isText(method) ? method : OWN };
  return made(id, title, kept);
}
