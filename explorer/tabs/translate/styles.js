// The style code, where a translator reads one: a pad, a grid of nine, every number by itself.
import { base64Of, floats } from "../../web/lib/bytes.js";
import { put } from "../../web/lib/canvas.js";
import { finder, make } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";

const REACH = 2.5; // standard deviations from the middle of the pad to its edge
const KEY_STEP = 0.1;
const NINE = 9;
/** @type {Record<string, number[]>} */
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @typedef {import("./model.js").Translator} Translator */
/** @typedef {import("../../web/render/network.js").Picture} Picture */

/**
 * @typedef {object} Host
 * @property {Translator | null} model
 * @property {(fields: {seed?: number | null, z?: string}, rest: boolean) => void} restyle rest: whether the hand has let go
 * @property {(work: () => unknown) => Promise<void>} attempt
 */

export class Styles {
  /** @type {Float32Array | null} the mean style where it is null */
  z = null;
  #first = 0; // seed of the first of nine
  /** @type {Float32Array[]} codes of the nine */
  #codes = [];

  /** @param {HTMLElement} element of the tab @param {Server} server @param {Host} host */
  constructor(element, server, host) {
    this.$ = finder(element);
    this.server = server;
    this.host = host;
    this.pad = this.$(".style-pad");
    this.#listen();
  }

  /** The codes of the nine styles, fetched once. @param {Translator} model */
  async nine(model) {
    if (!this.#codes.length) {
      const seeds = Array.from({ length: NINE }, (_, i) => this.#first + i);
      const { codes } = await ask(this.server.codes, { checkpoint: model.name, seeds });
      this.#codes = codes.map(floats);
    }
    return this.#codes;
  }

  /** Another model. @param {Translator} model */
  offer(model) {
    this.#codes = [];
    this.$(".nine").replaceChildren();
    const inputs = Array.from({ length: model.zDim }, (_, i) => {
      const input = make("input", { type: "range", min: -3, max: 3, step: 0.05, value: 0 });
      input.setAttribute("aria-label", `Number ${i + 1} of the style code`);
      input.addEventListener("input", () => this.#set(i, input.valueAsNumber, false));
      input.addEventListener("change", () => this.#set(i, input.valueAsNumber, true));
      return input;
    });
    this.$(".axes").replaceChildren(...inputs);
  }

  /** Show a style. @param {Float32Array | null} z @param {number | null} seed */
  show(z, seed) {
    this.z = z;
    const [x, y] = z ?? [0, 0];
    const place = (/** @type {number} */ value) => 50 + 50 * Math.max(-1, Math.min(1, (value ?? 0) / REACH));
    Object.assign(this.pad.firstElementChild.style, { left: `${place(x)}%`, top: `${100 - place(y)}%` });
    this.$("[data-field=seed]").value = seed ?? "";
    [...this.$(".axes").children].forEach((input, i) => (input.value = z?.[i] ?? 0));
  }

  /** Show what the nine styles make. @param {Picture[]} pictures */
  showNine(pictures) {
    const grid = this.$(".nine");
    if (!pictures.length) grid.replaceChildren();
    while (grid.children.length < pictures.length) {
      const index = grid.children.length;
      const button = make("button", { type: "button" }, make("canvas"));
      button.addEventListener("click", () => this.host.restyle({ seed: this.#first + index, z: "" }, true));
      grid.append(button);
    }
    pictures.forEach(({ side, rgba }, i) => {
      const name = `Style of seed ${this.#first + i}`;
      Object.assign(grid.children[i], { title: name, ariaLabel: name });
      put(grid.children[i].firstElementChild, new ImageData(/** @type {any} */ (rgba), side, side));
    });
  }

  /** Nine others. */
  others() {
    this.#first += NINE;
    this.#codes = [];
  }

  /** @param {number} axis @param {number} value @param {boolean} rest */
  #set(axis, value, rest) {
    const z = this.#own();
    z[axis] = value;
    this.#put(z, rest);
  }

  /** A copy of the present code that can be changed. */
  #own() {
    return this.z?.slice() ?? new Float32Array(this.host.model?.zDim ?? 0);
  }

  /** @param {Float32Array} z @param {boolean} rest */
  #put(z, rest) {
    this.show(z, null);
    this.host.restyle({ seed: null, z: base64Of(new Uint8Array(z.buffer)) }, rest);
  }

  /** @param {PointerEvent} event @param {boolean} rest */
  #drag({ clientX, clientY }, rest) {
    const { left, top, width, height } = this.pad.getBoundingClientRect();
    const z = this.#own();
    const kept = (/** @type {number} */ share) => REACH * Math.max(-1, Math.min(1, 2 * share - 1));
    z[0] = kept((clientX - left) / width);
    if (z.length > 1) z[1] = -kept((clientY - top) / height);
    this.#put(z, rest);
  }

  #listen() {
    const { pad } = this;
    pad.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button) return;
      pad.setPointerCapture(event.pointerId);
      this.#drag(event, false);
    });
    pad.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (pad.hasPointerCapture(event.pointerId)) this.#drag(event, false);
    });
    pad.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => this.#drag(event, true));
    pad.addEventListener("dblclick", () => this.host.restyle({ seed: null, z: "" }, true));
    pad.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const z = this.#own();
      step.forEach((sign, i) => i < z.length && (z[i] += sign * KEY_STEP));
      this.#put(z, true);
    });
    this.$("[data-field=seed]").addEventListener("change", (/** @type {any} */ { target }) =>
      this.host.attempt(() => {
        if (!target.checkValidity()) throw new Error(`The seed must be a whole number from 0 to ${2 ** 32 - 1}.`);
        this.host.restyle({ seed: target.value === "" ? null : target.valueAsNumber, z: "" }, true);
      }),
    );
  }
}
