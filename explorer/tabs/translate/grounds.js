// What is drawn on, as the server knows it; each asked for once.
import { bytes, floats } from "../../web/lib/bytes.js";
import { ask } from "../../web/lib/rpc.js";
import { groundKey, recipeOf } from "./model.js";

const MOST = 40; // that are remembered

/** @typedef {import("./easel.js").Ground & {truth: any, z: Float32Array | null}} Opened truth: as the server's `render` answers, or null */

export class Grounds {
  /** @type {Map<string, Promise<Opened>>} by what decides them */
  #known = new Map();

  /** @param {Server} server */
  constructor(server) {
    this.server = server;
  }

  /** @param {string} translator @param {import("./model.js").Drawing} drawing @returns {Promise<Opened>} */
  of(translator, drawing) {
    const key = groundKey(translator, drawing);
    const known = this.#known.get(key);
    if (known) return known;
    const found = this.#asked(recipeOf(translator, { ...drawing, strokes: [] }));
    this.#known.set(key, found);
    found.catch(() => this.#known.delete(key));
    if (this.#known.size > MOST) this.#known.delete(String(this.#known.keys().next().value));
    return found;
  }

  /** @param {Record<string, any>} recipe @returns {Promise<Opened>} */
  async #asked(recipe) {
    const { ground, mask, truth, z } = await ask(this.server.opened, { recipe });
    return { rgb: bytes(ground), mask: mask && bytes(mask), truth, z: z && floats(z) };
  }
}
