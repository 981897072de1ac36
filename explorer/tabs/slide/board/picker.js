// Classes, and the values of InfoGAN's categorical code: one is chosen by its picture.
import { make, sentence } from "../../../web/lib/dom.js";
import { askWhile } from "../../../web/lib/rpc.js";
import { debounced, latest } from "../../../web/lib/timing.js";
import { turnedTo, valueOf } from "./codes.js";

const MOST = 100; // classes that get a picture; of more there is a list
const REST = 150; // ms

/**
 * @typedef {object} Host
 * @property {() => Recipe} recipe without defaults
 * @property {(fields: Partial<Recipe>) => void} put
 * @property {(sentence: string, bad?: boolean) => void} say
 */

export class Picker {
  /** @type {string[]} */
  #classes = [];
  /** @type {string[]} ids of the code's values */
  #codes = [];
  /** @type {number | null} the code's value without edits */
  #now = null;
  #drawn = ""; // what decides the pictures that are shown

  /** @param {HTMLElement} place @param {HTMLElement} select the list of many classes @param {Server} server @param {Host} host */
  constructor(place, select, server, host) {
    this.place = place;
    this.select = select;
    this.server = server;
    this.host = host;
  }

  /** Another model. @param {string[]} classes their names @param {string[]} codes ids of a categorical code's values */
  open(classes, codes) {
    const few = classes.length > 0 && classes.length <= MOST;
    this.#classes = few ? classes : [];
    this.#codes = few ? [] : codes;
    this.#now = null;
    this.#drawn = "";
    this.select.hidden = few || !classes.length;
    const names = few ? classes : this.#codes.map((_, value) => `code ${value + 1}`);
    this.place.hidden = !names.length;
    this.place.replaceChildren(make("legend", { textContent: few ? "Class" : "Code" }), this.#options(names));
  }

  /** @param {string[]} names */
  #options(names) {
    const options = names.map((name, value) => {
      const input = make("input", { type: "radio", name: "picked-value", value, ariaLabel: name });
      input.onchange = () => this.#choose(value);
      const caption = make("span", { textContent: name });
      return make("label", { title: name }, input, make("img", { alt: "", draggable: false }), caption);
    });
    return make("div", { className: "options" }, ...options);
  }

  /** @param {number} value */
  #choose(value) {
    if (this.#classes.length) return this.host.put({ label: value, w: "" });
    const edits = this.host.recipe().edits ?? [];
    this.host.put({ edits: turnedTo(edits, this.#codes, this.#now, value) });
  }

  /** The recipe has changed. */
  show() {
    if (this.place.hidden) return;
    const { label = 0, edits = [] } = this.host.recipe();
    const value = this.#classes.length ? label : valueOf(edits, this.#codes, this.#now);
    const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (this.place.querySelectorAll("input"));
    inputs.forEach((input, i) => (input.checked = i === value));
    this.#draw();
  }

  /** What the pictures show: the start, without edits and, where they are of classes, of each class in turn. */
  #start() {
    const recipe = { ...this.host.recipe() };
    delete recipe.edits;
    if (this.#classes.length) delete recipe.label;
    return recipe;
  }

  #draw = debounced(
    latest(async () => {
      const recipe = this.#start();
      const key = JSON.stringify(recipe);
      if (key === this.#drawn || !this.place.offsetParent) return;
      const shown = () => recipe.checkpoint === this.host.recipe().checkpoint;
      const call = this.#classes.length ? this.server.class_pictures : this.server.code_pictures;
      try {
        const found = await askWhile(shown, call, { recipe });
        if (!found) return;
        this.#drawn = key;
        this.#paint(found);
      } catch (error) {
        this.host.say(sentence(error), true);
      }
    }),
    REST,
  );

  /** @param {{classes?: string[], codes?: string[], now?: number | null}} found pictures, and the code's value without edits */
  #paint({ classes, codes = [], now = null }) {
    this.#now = now;
    const images = this.place.querySelectorAll("img");
    (classes ?? codes).forEach((src, i) => images[i] && (images[i].src = src));
    if (this.#codes.length) this.show();
  }
}
