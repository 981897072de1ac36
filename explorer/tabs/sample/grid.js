// The tiles of a sheet: each an image that can be taken to Slide or downloaded.
import { put } from "../../web/lib/canvas.js";
import { make } from "../../web/lib/dom.js";
import { recipesIn, spoken } from "./sheet.js";

/** @type {Record<string, import("../../web/lib/sides.js").Side>} */
const SIDES = { a: "from", b: "to" };

export class Grid {
  /** @type {HTMLElement[]} */
  #cells = [];
  /** @type {(Recipe | null)[]} */
  #recipes = [];

  /**
   * @param {HTMLElement} place
   * @param {{pick: (recipe: Recipe) => void, save: (recipe: Recipe) => void, gather: (side: import("../../web/lib/sides.js").Side, recipe: Recipe) => void}} on what a tile's buttons and keys do
   */
  constructor(place, on) {
    this.place = place;
    this.on = on;
    this.columns = 0;
    place.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** As many tiles as are given, each knowing its recipe. @param {import("./sheet.js").Tile[]} tiles @param {number} columns @param {Model} model */
  lay(tiles, columns, model) {
    const recipes = recipesIn(tiles);
    if (this.#cells.length !== recipes.length) {
      this.#cells = recipes.map((_, i) => this.#tile(i));
      // A grid has to have rows; the style sheet lays out the cells alone.
      const row = (/** @type {number} */ i) => this.#cells.slice(i * columns, (i + 1) * columns);
      this.place.replaceChildren(...Array.from({ length: columns }, (_, i) => make("div", { role: "row" }, ...row(i))));
    }
    this.#recipes = recipes;
    this.columns = columns;
    this.place.style.setProperty("--columns", String(columns));
    tiles.forEach((tile, i) => this.#name(this.#cells[i], tile, recipes[0] === null, model));
  }

  /** @param {HTMLElement} cell @param {import("./sheet.js").Tile} tile @param {boolean} mixing @param {Model} model */
  #name(cell, { recipe, score }, mixing, model) {
    const [pick, down] = /** @type {HTMLButtonElement[]} */ (/** @type {unknown} */ (cell.children));
    cell.classList.toggle("source", Boolean(mixing && recipe && !recipe.mix));
    pick.disabled = down.hidden = !recipe;
    if (!recipe) return put(/** @type {HTMLCanvasElement} */ (pick.firstChild), new ImageData(1, 1));
    const name = spoken(model, recipe, score);
    pick.title = `${name}: open in Slide. Keys A and B: to a side of a new direction there.`;
    pick.setAttribute("aria-label", `${name}, open in Slide`);
    down.title = down.ariaLabel = `Download ${name.toLowerCase()}`;
  }

  /** @param {number} i */
  #tile(i) {
    const pick = make("button", { type: "button", className: "tile" }, make("canvas"));
    pick.onclick = () => this.on.pick(/** @type {Recipe} */ (this.#recipes[i]));
    const down = make("button", { type: "button", className: "down", textContent: "↓" });
    down.onclick = () => this.on.save(/** @type {Recipe} */ (this.#recipes[i]));
    return make("div", { className: "cell", role: "gridcell" }, pick, down);
  }

  /** @param {number} i @returns {HTMLCanvasElement} */
  canvas(i) {
    return /** @type {HTMLCanvasElement} */ (this.#cells[i].querySelector("canvas"));
  }

  /** Arrow keys walk the sheet; A and B gather its images. @param {KeyboardEvent} event */
  #walk(event) {
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns };
    const at = this.#cells.findIndex((cell) => cell.contains(/** @type {Node} */ (event.target)));
    const side = SIDES[event.key.toLowerCase()];
    const recipe = this.#recipes[at];
    if (side && recipe && !event.ctrlKey && !event.metaKey) this.on.gather(side, recipe);
    const target = this.#cells[at + steps[event.key]];
    if (!target) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (target.firstChild).focus();
  }
}
