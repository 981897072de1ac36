// The guesses of a search, one of which is chosen, and what is said of them.
import { finder, make } from "../../web/lib/dom.js";

/** @typedef {{recipe: Recipe, image: string}} Found */

export class Guesses {
  /** @type {Found[]} */
  found = [];
  #chosen = 0;

  /** @param {HTMLElement} element the dialog */
  constructor(element) {
    this.$ = finder(element);
  }

  /** The recipe of the one that is chosen. */
  get recipe() {
    return this.found[this.#chosen].recipe;
  }

  clear() {
    this.found = [];
    this.$(".guesses").hidden = this.$(".sentences").hidden = true;
  }

  /** Show images while they change. @param {string[]} images */
  show(images) {
    const box = this.$(".guesses div");
    box.classList.toggle("several", images.length > 1);
    if (box.children.length !== images.length) {
      box.replaceChildren(
        ...images.map((_, i) =>
          make("button", { type: "button", onclick: () => this.#choose(i) }, make("img", { alt: `guess ${i + 1}` })),
        ),
      );
    }
    [...box.querySelectorAll("img")].forEach((image, i) => (image.src = images[i]));
    this.$(".guesses").hidden = false;
  }

  /** Show the result. @param {{found: Found[], sentences: string[], makeable?: boolean | null, tuned?: boolean}} result */
  settle({ found, sentences, makeable, tuned = false }) {
    this.found = found;
    const caption = this.$(".guesses figcaption");
    caption.textContent = tuned ? "tuned to this picture" : "the model’s guess";
    caption.classList.toggle("tuned", tuned);
    this.show(found.map((one) => one.image));
    this.#choose(0);
    const list = this.$(".sentences");
    list.replaceChildren(...sentences.map((textContent) => make("li", { textContent })));
    list.classList.toggle("bad", makeable === false);
    list.hidden = false;
  }

  /** @param {number} which */
  #choose(which) {
    this.#chosen = which;
    const several = this.found.length > 1;
    [...this.$(".guesses div").children].forEach((button, i) =>
      button.setAttribute("aria-pressed", String(several && i === which)),
    );
  }
}
