// The directions of the present model: what the server found, and what a person made of it.
import * as choice from "./choice.js";

/** @typedef {choice.Choice} Choice */
/** @typedef {choice.Direction} Direction */
/**
 * @typedef {object} Found what the server's `directions` answers
 * @property {Direction[]} directions
 * @property {string[]} chosen
 * @property {string[]} picked
 * @property {{name: string, title: string, help: string}[]} methods
 * @property {string} learnable
 * @property {boolean} learned
 * @property {string} learning the job that learns them just now, "" without
 * @property {string} weights
 * @property {number} w_dim
 * @property {number} num_ws
 */

/** @type {Found} */
const NOTHING = {
  ...{ directions: [], chosen: [], picked: [], methods: [], learnable: "", learned: true, learning: "" },
  ...{ weights: "", w_dim: 0, num_ws: 0 },
};
const NOT_KEPT = "The browser cannot remember your directions: its storage is full or blocked. Export what you need.";

export class Collection {
  found = NOTHING;
  checkpoint = "";
  choice = choice.untouched();
  #warned = false;

  /** @param {import("./memory.js").Memory} memory @param {() => void} changed @param {(sentence: string) => void} warn */
  constructor(memory, changed, warn) {
    this.memory = memory;
    this.changed = changed;
    this.warn = warn;
  }

  /** Another model, of which nothing is known yet. @param {string} checkpoint */
  clear(checkpoint) {
    this.checkpoint = checkpoint;
    this.found = NOTHING;
    this.choice = choice.untouched();
  }

  /** @param {Found} found */
  take(found) {
    this.found = found;
    this.choice = this.memory.read(this.#key, found);
    this.changed();
  }

  get #key() {
    return `${this.checkpoint}:${this.found.weights}`;
  }

  /** Whether the server has answered. */
  get known() {
    return this.found !== NOTHING;
  }

  /** All directions, own ones first. */
  get list() {
    return choice.listOf(this.found.directions, this.choice);
  }

  /** Ids on the board. */
  get ids() {
    return choice.shownOf(this.list, this.choice, this.found.chosen);
  }

  /** Directions on the board, in its order. @returns {Direction[]} */
  get shown() {
    const byId = new Map(this.list.map((one) => [one.id, one]));
    return this.ids.map((id) => /** @type {Direction} */ (byId.get(id)));
  }

  /** Titles of the methods by name. @returns {Record<string, string>} */
  get methods() {
    const titles = this.found.methods.map(({ name, title }) => [name, title]);
    return { [choice.OWN]: "Own", channels: "Style channels", ...Object.fromEntries(titles) };
  }

  /** @param {string} id */
  byId(id) {
    return this.list.find((one) => one.id === id);
  }

  /** What a direction is called, by its id. @param {string} id */
  nameOf(id) {
    const direction = this.byId(id);
    if (direction) return choice.fullName(direction, this.methods);
    return id.startsWith("w:") ? "own direction" : id;
  }

  /** @param {Choice} next */
  set(next) {
    this.choice = next;
    if (!this.memory.write(this.#key, next) && !this.#warned) {
      this.#warned = true;
      this.warn(NOT_KEPT);
    }
    this.changed();
  }

  /** @param {string[]} ids of the board */
  choose(ids) {
    this.set({ ...this.choice, chosen: ids });
  }

  /** Put one on the board, or take it off. Throws a sentence where the board is full. @param {string} id @param {boolean} on */
  toggle(id, on) {
    const { ids } = this;
    if (on && !ids.includes(id) && ids.length >= choice.MAX_SHOWN) {
      throw new Error(`The board has room for ${choice.MAX_SHOWN} sliders. Hide one first.`);
    }
    this.choose(on ? choice.withId(ids, id) : ids.filter((one) => one !== id));
  }

  /** Own ones that were made or imported; on the board as far as there is room. @param {Direction[]} directions @param {string} [after] id behind which they stand */
  add(directions, after) {
    let next = this.choice;
    let { ids } = this;
    for (const one of directions) {
      const taken = next.own.map(({ title }) => title);
      const known = this.found.directions.find(({ id }) => id === one.id);
      if (!known) next = choice.withOwn(next, { ...one, title: choice.fresh(one.title, taken) });
      else if (!next.titles[one.id] && known.title !== one.title) next = choice.renamed(next, one.id, one.title);
      ids = choice.withId(ids, one.id, after);
    }
    this.set({ ...next, chosen: ids });
    if (directions.some(({ id }) => !ids.includes(id)))
      this.warn(`The board has room for ${choice.MAX_SHOWN} sliders; the others are in the list.`);
  }

  /** Other layers for one; null for its own. @param {string} id @param {import("../edits.js").Layers | null} layers */
  setLayers(id, layers) {
    const others = choice.without(this.choice.layers, id);
    this.set({ ...this.choice, layers: layers ? { ...others, [id]: layers } : others });
  }
}
