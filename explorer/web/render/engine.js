// Draws images in the page, once it can: the server's vectors, our own synthesis.
import { bytes, floats } from "../lib/bytes.js";
import { toast } from "../lib/dom.js";
import { address, ask } from "../lib/rpc.js";
import { meanDifference, startsOf, wsOf } from "./vectors.js";
import { WorkerClient } from "./worker_client.js";

/** @typedef {import("./vectors.js").Point} Point */
/** @typedef {{ws: Float32Array, noise: Float32Array[] | null}} Start */
/** @typedef {{checkpoint: string, info: any, centre: Float32Array, ms: number}} Loaded */
/** @typedef {"server" | "loading" | "page" | "failed"} EngineState */

const PATIENCE = { load: 60000, draw: 6000 }; // ms
const MAX_STARTS = 300; // starting vectors that are remembered
const WHO = {
  server: "rendered on the server",
  loading: "rendered on the server, loading the generator …",
  page: "rendered in the browser",
  failed: "rendered on the server",
};

class Engine {
  /** @type {EngineState} */
  state = "server";
  reason = "";
  backend = ""; // what runs the network in the page
  gpu = "yes"; // whether a graphics processor may be used: see runtime/worker.js
  /** @type {WorkerClient | null} */
  #worker = null;
  /** @type {Loaded | null} */
  #loaded = null;
  #wanted = ""; // checkpoint that is being loaded, or is
  /** @type {Promise<void>} that its loading has ended, well or not */
  #ended = Promise.resolve();
  /** @type {Map<string, Start>} by what decides it */
  #starts = new Map();
  /** @type {Map<string, Float32Array>} checkpoint/direction -> what one unit adds */
  #steps = new Map();

  /** Whether it can draw a checkpoint's recipes; one that is tuned is drawn by a branch, which only the server has. @param {string} checkpoint @param {Recipe[]} recipes */
  ready(checkpoint, recipes = []) {
    const own = this.state === "page" && this.#loaded?.checkpoint === checkpoint;
    return own && !recipes.some(({ tuned }) => tuned);
  }

  /** Numbers of one image's ws. */
  get width() {
    const { numWs, wDim } = this.#model.info;
    return numWs * wDim;
  }

  /** ms that the generator took to load. */
  get ms() {
    return this.#loaded?.ms;
  }

  get #model() {
    if (!this.#loaded) throw new Error("The page has no generator.");
    return this.#loaded;
  }

  /** Note the state, and show it wherever a tab says who draws. @param {EngineState} next */
  #tell(next, why = "") {
    if (next === "failed" && this.state !== next)
      toast(`The browser cannot render (${why}). The server does it instead.`);
    this.state = next;
    this.reason = next === "page" ? "" : why;
    for (const note of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".engine"))) {
      note.textContent = WHO[next];
      note.title = next === "page" ? this.backend : this.reason;
      note.dataset.state = next;
    }
  }

  /** Give up what runs now: WebGPU for WebAssembly, that for the server. @param {Error & {by?: string}} error */
  #fail(error) {
    const by = error.by ?? this.backend;
    this.#worker?.stop(error);
    const hope = this.gpu !== "no" && by !== "WebAssembly";
    this.#worker = this.#loaded = null;
    this.#wanted = this.backend = "";
    if (hope) this.gpu = "no";
    this.#tell(hope ? "server" : "failed", error.message || String(error));
  }

  /** Load a checkpoint's generator, quietly; resolves when that has ended, whoever asked first. @param {Server} server @param {string} checkpoint */
  prepare(server, checkpoint) {
    if (this.state === "failed" || this.#wanted === checkpoint) {
      this.#tell(this.state, this.reason);
      return this.#ended;
    }
    this.#wanted = checkpoint;
    this.#ended = this.#attempt(server, checkpoint);
    return this.#ended;
  }

  /** @param {Server} server @param {string} checkpoint */
  async #attempt(server, checkpoint) {
    try {
      await this.#load(server, checkpoint);
    } catch (error) {
      if (this.#wanted === checkpoint) this.#fail(/** @type {Error} */ (error));
      if (!this.#wanted && this.state === "server") await this.prepare(server, checkpoint); // without the graphics processor
    }
  }

  /** @param {Server} server @param {string} checkpoint */
  async #load(server, checkpoint) {
    if (!window.WebAssembly || !window.DecompressionStream)
      throw new Error("this browser lacks WebAssembly or streams");
    this.#tell("loading");
    const info = await ask(server.generator, { checkpoint });
    if (info.not_here) return this.#tell("server", info.not_here);
    this.#worker ||= new WorkerClient(address(`${info.runtime}worker.js`), (error) => this.#fail(error));
    const noise = info.noise.map((/** @type {[number, string]} */ [size, text]) => [size, floats(text)]);
    const load = { ...info, noise, gpu: this.gpu, model: address(info.model) };
    const { ms, by } = await this.#worker.ask({ load }, PATIENCE.load);
    if (this.#wanted !== checkpoint) return;
    this.backend = by;
    this.#loaded = { checkpoint, info, centre: floats(info.centre), ms };
    if (by === "WebGPU") await this.#compare(server, checkpoint);
    this.#tell("page");
  }

  /** Graphics drivers differ: what one draws is looked at once, beside the server's image. Throws if it is another. @param {Server} server @param {string} checkpoint */
  async #compare(server, checkpoint) {
    const recipe = { checkpoint };
    const [[here], there] = await Promise.all([this.draw(server, [recipe]), ask(server.render, { recipe })]);
    const apart = meanDifference(here.data, bytes(there.pixels), there.channels);
    if (!(apart < 1)) throw new Error("its GPU renders a different image");
  }

  /** Fetch the vectors where recipes start, before mixing, truncation and edits, unless they are in memory. @param {Server} server @param {Recipe[]} recipes */
  async #fetchStarts(server, recipes) {
    const all = recipes.flatMap(startsOf).map((start) => /** @type {const} */ ([JSON.stringify(start), start]));
    const missing = new Map(all.filter(([key]) => !this.#starts.has(key)));
    if (!missing.size) return;
    const answer = await ask(server.latents, { recipes: [...missing.values()] });
    [...missing.keys()].forEach((key, i) => {
      const noise = answer.noise[i] && answer.noise[i].map(floats);
      this.#starts.set(key, { ws: floats(answer.ws[i]), noise });
    });
    while (this.#starts.size > MAX_STARTS) this.#starts.delete(String(this.#starts.keys().next().value));
  }

  /** Fetch what one unit of each direction adds, unless it is in memory. @param {Server} server @param {Recipe[]} recipes */
  async #fetchSteps(server, recipes) {
    const { checkpoint } = recipes[0];
    const named = new Set(recipes.flatMap(({ edits = [] }) => edits.map(([direction]) => direction)));
    const directions = [...named].filter((name) => !this.#steps.has(`${checkpoint}/${name}`));
    if (!directions.length) return;
    const answer = await ask(server.axes, { checkpoint, directions });
    for (const [name, text] of Object.entries(answer.steps)) this.#steps.set(`${checkpoint}/${name}`, floats(text));
  }

  /** What the synthesis reads for a recipe whose vectors are in memory. @param {Recipe} recipe @returns {Point} */
  #point(recipe) {
    const { info, centre } = this.#model;
    const starts = startsOf(recipe).map((start) => /** @type {Start} */ (this.#starts.get(JSON.stringify(start))));
    const step = (/** @type {string} */ name) =>
      /** @type {Float32Array} */ (this.#steps.get(`${recipe.checkpoint}/${name}`));
    const ws = wsOf(
      recipe,
      starts.map((start) => start.ws),
      step,
      centre,
      info,
    );
    return { ws, noise: starts[0].noise };
  }

  /** Images of points. @param {Point[]} points @returns {Promise<ImageData[]>} */
  async synthesize(points) {
    const { resolution: side } = this.#model.info;
    const ws = new Float32Array(points.length * this.width);
    points.forEach((point, i) => ws.set(point.ws, i * this.width));
    const noise = points.some((point) => point.noise) ? points.map((point) => point.noise) : null;
    if (!this.#worker) throw new Error("The page has no generator.");
    const { rgba } = await this.#worker.ask({ draw: { count: points.length, ws, noise } }, PATIENCE.draw);
    const length = 4 * side ** 2;
    return points.map((_, i) => new ImageData(rgba.subarray(i * length, (i + 1) * length), side, side));
  }

  /** Images of recipes of one checkpoint. Rejects where the server has to draw them. @param {Server} server @param {Recipe[]} recipes */
  async draw(server, recipes) {
    await Promise.all([this.#fetchStarts(server, recipes), this.#fetchSteps(server, recipes)]);
    return this.synthesize(recipes.map((recipe) => this.#point(recipe)));
  }
}

export const engine = new Engine();
