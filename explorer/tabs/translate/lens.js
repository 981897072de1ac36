// A lens over the output of a translator that enlarges: the input, the output and the truth at one place.
import { finder, make } from "../../web/lib/dom.js";

const SEEN = 0.25; // of a side

/** @typedef {import("../../web/render/network.js").Picture} Picture */

export class Lens {
  #place = [0.5, 0.5];
  /** @type {[string, ImageData][]} */
  #images = [];

  /** @param {HTMLElement} element of the tab */
  constructor(element) {
    this.$ = finder(element);
    this.row = this.$(".lens");
    this.button = this.$("[data-do=lens]");
    this.$(".result").addEventListener("pointermove", (/** @type {PointerEvent} */ { clientX, clientY }) => {
      if (this.row.hidden) return;
      const { left, top, width, height } = this.$(".result").getBoundingClientRect();
      this.#place = [(clientX - left) / width, (clientY - top) / height];
      this.#draw();
    });
  }

  toggle(on = this.row.hidden) {
    this.row.hidden = !on;
    this.button.setAttribute("aria-pressed", String(on));
    this.#draw();
  }

  /** There is nothing to look at. */
  clear() {
    this.#images = [];
    this.#draw();
  }

  /** @param {ImageData} input @param {Picture} output @param {ImageData | null} truth */
  show(input, { side, rgba }, truth) {
    const made = new ImageData(/** @type {any} */ (rgba), side, side);
    this.#images = [
      ["input", input],
      ["output", made],
    ];
    if (truth) this.#images.push(["truth", truth]);
    this.#draw();
  }

  #draw() {
    if (this.row.hidden) return;
    const figures = this.#images.map(([name, image]) =>
      make("figure", {}, magnified(image, this.#place), make("figcaption", {}, name)),
    );
    this.row.replaceChildren(...figures);
  }
}

/** A part of an image. @param {ImageData} image @param {number[]} place its centre, from 0 to 1 */
function magnified(image, place) {
  const side = Math.max(2, Math.round(image.width * SEEN));
  const [left, top] = place.map((share) =>
    Math.round(Math.min(image.width - side, Math.max(0, share * image.width - side / 2))),
  );
  const canvas = make("canvas", { width: side, height: side, className: "image" });
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, -left, -top);
  return canvas;
}
