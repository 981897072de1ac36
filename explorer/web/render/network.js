// Runs a translator: in the page once it can, else on the server.
import { base64Of, bytes, floats } from "../lib/bytes.js";
import { toast } from "../lib/dom.js";
import { address, ask } from "../lib/rpc.js";
import { engine } from "./engine.js";
import { WorkerClient } from "./worker_client.js";
import { planes, rgba, shown } from "./tensors.js";

const PATIENCE = { open: 60000, run: 8000 }; // ms

/**
 * @typedef {object} Translator what must be known of one to run it
 * @property {string} name
 * @property {number} resolution
 * @property {number} channels
 * @property {number} givenResolution
 * @property {number} givenChannels
 * @property {number} zDim
 * @property {boolean} masked
 * @property {boolean} [criticSeesGiven]
 */
/** @typedef {{side: number, rgba: Uint8ClampedArray}} Picture */
/** @typedef {{pixels: Uint8Array, back: boolean}} Given what the network reads, a channel after the other in each pixel */

export class Network {
  state = "server"; // or "loading", "page", "failed"
  reason = "";
  backend = "";
  /** @type {WorkerClient | null} */
  #worker = null;
  #wanted = ""; // checkpoint that is being loaded, or is
  /** @type {Set<string>} networks that the page has */
  #opened = new Set();

  /** @param {Server} server @param {() => void} changed called when the state has */
  constructor(server, changed) {
    this.server = server;
    this.changed = changed;
  }

  /** @param {string} state @param {string} [reason] */
  #tell(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.changed();
  }

  /** Whether the page can run a network of a checkpoint. @param {string} checkpoint @param {string} name */
  ready(checkpoint, name = "translate") {
    return this.state === "page" && this.#wanted === checkpoint && this.#opened.has(name);
  }

  /** Load a checkpoint's networks, quietly. @param {string} checkpoint */
  async prepare(checkpoint) {
    if (this.state === "failed" || this.#wanted === checkpoint) return;
    this.#wanted = checkpoint;
    this.#opened.clear();
    this.#tell("loading");
    try {
      await this.#load(checkpoint);
    } catch (error) {
      if (this.#wanted === checkpoint) this.#fail(/** @type {Error} */ (error));
    }
  }

  /** @param {string} checkpoint */
  async #load(checkpoint) {
    if (!window.WebAssembly || !window.DecompressionStream)
      throw new Error("this browser lacks WebAssembly or streams");
    const { not_here, runtime, networks } = await ask(this.server.network, { checkpoint });
    if (this.#wanted !== checkpoint) return;
    if (not_here) return this.#tell("server", not_here);
    this.#worker ||= new WorkerClient(address(`${runtime}worker.js`), (error) => this.#fail(error));
    for (const [name, place] of Object.entries(networks)) {
      const open = { name, model: address(place), gpu: engine.gpu === "any" ? "any" : "no" };
      const { by } = await this.#worker.ask({ open }, PATIENCE.open);
      if (this.#wanted !== checkpoint) return;
      this.backend = by;
      this.#opened.add(name);
    }
    this.#tell("page");
  }

  /** The page cannot; the server does it from now on. @param {Error} error */
  #fail(error) {
    if (this.state !== "failed")
      toast(`The browser cannot run the translator (${error.message}). The server does it instead.`);
    this.#worker?.stop(/** @type {any} */ (error));
    this.#worker = null;
    this.#tell("failed", error.message);
  }

  /** What comes of an input in each of some styles. @param {Translator} model @param {Given} given @param {(Float32Array | null)[]} styles @returns {Promise<Picture[]>} */
  async translated(model, given, styles) {
    if (this.ready(model.name, given.back ? "back" : "translate")) {
      try {
        return await this.#here(model, given, styles);
      } catch (error) {
        if (!this.server.translated) throw error; // nobody else can; with it, the server does it
      }
    }
    const question = {
      checkpoint: model.name,
      pixels: base64Of(given.pixels),
      back: given.back,
      styles: styles.map((z) => z && base64Of(new Uint8Array(z.buffer, z.byteOffset, z.byteLength))),
    };
    const { images } = await ask(this.server.translated, question);
    return images.map((/** @type {any} */ { width, channels, pixels }) => ({
      side: width,
      rgba: shown(bytes(pixels), channels),
    }));
  }

  /** @param {Translator} model @param {Given} given @param {(Float32Array | null)[]} styles @returns {Promise<Picture[]>} */
  async #here(model, { pixels, back }, styles) {
    const channels = back ? model.channels : model.givenChannels + Number(model.masked);
    const side = back ? model.resolution : model.givenResolution;
    const one = planes(pixels, channels, model.masked && !back);
    const data = new Float32Array(one.length * styles.length);
    styles.forEach((_, i) => data.set(one, i * one.length));
    const dims = [styles.length, channels, side, side];
    if (back) return this.#run("back", { images: [data, dims] }, "given");
    if (!model.zDim) return this.#run("translate", { given: [data, dims] }, "images");
    const z = new Float32Array(model.zDim * styles.length);
    styles.forEach((style, i) => style && z.set(style, i * model.zDim));
    return this.#run("translate", { given: [data, dims], z: [z, [styles.length, model.zDim]] }, "images");
  }

  /** @param {string} name @param {object} feeds @param {string} output @returns {Promise<Picture[]>} */
  async #run(name, feeds, output) {
    const [data, [count, channels, side]] = await this.#ran(name, feeds, output);
    const length = channels * side * side;
    return Array.from({ length: count }, (_, i) => ({
      side,
      rgba: rgba(data.subarray(i * length, (i + 1) * length), channels),
    }));
  }

  /** @param {string} name @param {object} feeds @param {string} output @returns {Promise<[Float32Array, number[]]>} */
  async #ran(name, feeds, output) {
    if (!this.#worker) throw new Error("The page has no network.");
    const { outputs } = await this.#worker.ask({ run: { name, feeds } }, PATIENCE.run);
    return outputs[output];
  }

  /** What the critic says of each patch: higher for what looks real. @param {Translator} model @param {Uint8Array} given what the network read @param {Uint8Array} made its image's channels @returns {Promise<{side: number, logits: Float32Array}>} */
  async patches(model, given, made) {
    if (this.ready(model.name, "critic")) {
      const of = (/** @type {Uint8Array} */ pixels, /** @type {number} */ channels) => {
        const side = Math.sqrt(pixels.length / channels);
        return [planes(pixels, channels), [1, channels, side, side]];
      };
      const seen = model.criticSeesGiven ? { given: of(given, model.givenChannels) } : {};
      const [logits, [, , , side]] = await this.#ran("critic", { images: of(made, model.channels), ...seen }, "logits");
      return { side, logits };
    }
    const question = { checkpoint: model.name, pixels: base64Of(given), made: base64Of(made) };
    const { side, logits } = await ask(this.server.patches, question);
    return { side, logits: floats(logits) };
  }
}
