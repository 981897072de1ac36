// The tools beside the paper: which one, how wide, in which colour.
import { finder, make } from "../../web/lib/dom.js";
import { grouped, hex, rgbOf } from "./model.js";
import { TOOLS } from "./strokes.js";

const LINE = 1.5; // pixels: the pencil of line art
const AREA = 6; // pixels: a map is painted, not drawn
const FREE = /** @type {[string, number[]][]} */ ([
  ["black", [0, 0, 0]],
  ["white", [255, 255, 255]],
]);
/** @type {Record<string, string[]>} */
const KEYS = { b: ["pen", "mask"], e: ["eraser", "unmask"], f: ["fill"] };

/** @typedef {import("./model.js").Translator} Translator */

/** What is to be done on the paper. @param {Translator} model @param {boolean} back */
function heading({ masked, palette }, back) {
  if (masked) return "Brush over what is to be filled in";
  return palette.length && !back ? "Draw here" : "What is given; draw on it";
}

export class Brushes {
  tool = TOOLS.pen;
  /** @type {number[]} */
  colour = [0, 0, 0];
  /** @type {(hex: string) => void} called for another paper */
  #onPaper;

  /** @param {HTMLElement} element of the tab @param {(paper: string) => void} onPaper */
  constructor(element, onPaper) {
    this.element = element;
    this.#onPaper = onPaper;
    this.$ = finder(element);
    this.$(".brushes").addEventListener("click", (/** @type {any} */ { target }) => {
      const button = target.closest("[data-tool]");
      if (button) this.choose(/** @type {keyof typeof TOOLS} */ (button.dataset.tool));
    });
    this.$(".palette").addEventListener("click", (/** @type {any} */ { target }) => {
      const swatch = target.closest("[data-colour]");
      if (swatch) this.#pick(swatch.dataset.colour, "paper" in swatch.dataset);
    });
    this.$(".palette").addEventListener("input", (/** @type {any} */ { target }) => this.#pick(target.value, false));
    this.$(".paper").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event));
  }

  /** Pixels of the image. @returns {number} */
  get width() {
    return this.$("[data-field=width]").valueAsNumber;
  }

  /** Offer what a model can use. @param {Translator} model @param {boolean} back */
  offer(model, back) {
    const masked = model.masked && !back;
    this.$(".given h3").textContent = heading(model, back);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-for]")))
      button.hidden = (button.dataset.for === "mask") !== masked;
    const palette = paletteOf(model, back);
    this.$("[data-field=width]").value = String(masked || model.flat ? AREA : LINE);
    this.$(".palette").replaceChildren(...(masked ? [] : this.#groups(palette, back ? [] : model.papers)));
    const paper = hex(model.papers[0][1]);
    this.colour = (palette.find(([, colour]) => hex(colour) !== paper) ?? FREE[0])[1];
    this.choose(masked ? "mask" : "pen");
  }

  /** @param {[string, number[]][]} palette @param {[string, number[]][]} papers */
  #groups(palette, papers) {
    const groups = grouped(palette).map(({ title, colours }) => this.#group(title, colours, false));
    if (palette === FREE) groups[0].append(make("input", { type: "color", value: "#d55e00", title: "any colour" }));
    const named = papers.map(([name, colour]) => ({ name: `paper: ${name}`, colour }));
    return named.length > 1 ? [...groups, this.#group("paper", named, true)] : groups;
  }

  /** @param {string} title @param {{name: string, colour: number[]}[]} colours @param {boolean} isPaper */
  #group(title, colours, isPaper) {
    const swatches = colours.map(({ name, colour }) => {
      const swatch = make("button", { type: "button", title: name, className: "swatch" });
      swatch.setAttribute("aria-label", name);
      swatch.dataset.colour = hex(colour);
      if (isPaper) swatch.dataset.paper = "";
      swatch.style.background = hex(colour);
      return swatch;
    });
    return make("div", { className: "swatches" }, ...(title ? [make("span", {}, title)] : []), ...swatches);
  }

  /** @param {keyof typeof TOOLS} name */
  choose(name) {
    this.tool = TOOLS[name];
    this.#show();
  }

  /** @param {string} colour @param {boolean} isPaper */
  #pick(colour, isPaper) {
    if (isPaper) return this.#onPaper(colour);
    this.colour = rgbOf(colour);
    if (this.tool === TOOLS.eraser) this.tool = TOOLS.pen;
    this.#show();
  }

  #show() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-tool]")))
      button.setAttribute(
        "aria-pressed",
        String(TOOLS[/** @type {keyof typeof TOOLS} */ (button.dataset.tool)] === this.tool),
      );
    for (const swatch of /** @type {NodeListOf<HTMLElement>} */ (
      this.element.querySelectorAll("[data-colour]:not([data-paper])")
    ))
      swatch.setAttribute("aria-pressed", String(swatch.dataset.colour === hex(this.colour)));
  }

  /** @param {KeyboardEvent} event */
  #press({ key, ctrlKey, metaKey }) {
    if (ctrlKey || metaKey) return;
    const names = KEYS[key.toLowerCase()] ?? [];
    const name = names.find((one) => !this.$(`[data-tool=${one}]`).hidden);
    if (name) this.choose(/** @type {keyof typeof TOOLS} */ (name));
    const input = this.$("[data-field=width]");
    if (key === "[") input.stepDown();
    if (key === "]") input.stepUp();
  }
}

/** The colours to draw with; any, where the image is no drawing. @param {Translator} model @param {boolean} back */
const paletteOf = ({ palette }, back) => (back || !palette.length ? FREE : palette);
