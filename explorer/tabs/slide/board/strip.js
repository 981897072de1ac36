// What hover or focus tells of a slider: a strip of images along it, and what it changes in words.
import { make, sentence } from "../../../web/lib/dom.js";
import { ask } from "../../../web/lib/rpc.js";
import { debounced, latest } from "../../../web/lib/timing.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {{recipe: Recipe, direction: {id: string, first: number, last: number | null, low: number, high: number}, count: number}} Question */

const COUNT = 7; // images
const HOVER = 350; // ms until a pointer that rests means it
const GAP = 3; // pixels
const KEPT = 60; // strips that are remembered

export class Strip {
  /** @type {Row | null} whose strip is shown, or about to be */
  #row = null;
  /** @type {Row | null} whose slider has the focus, by the keyboard */
  #focused = null;
  #held = false; // whether the pointer is down: a drag must not be covered
  /** @type {Map<string, {strip: string, boundary: number | null}>} question -> answer */
  #kept = new Map();

  /**
   * @param {HTMLElement} list of the sliders
   * @param {(target: EventTarget | null) => Row | undefined} rowOf
   * @param {(row: Row) => Question | null} question what is asked of a row; null while nothing can be
   * @param {Call} call
   */
  constructor(list, rowOf, question, call) {
    this.list = list;
    this.question = question;
    this.call = call;
    this.image = make("img", { alt: "", draggable: false });
    this.words = make("p", {});
    this.element = make("div", { className: "strip-of-slider", hidden: true }, this.image, this.words);
    this.element.setAttribute("aria-hidden", "true"); // the slider is described by the same words
    list.after(this.element);
    this.#listen(rowOf);
  }

  /** @param {(target: EventTarget | null) => Row | undefined} rowOf */
  #listen(rowOf) {
    const { list } = this;
    list.addEventListener("pointerover", ({ target }) => this.#aim(rowOf(target) ?? null));
    list.addEventListener("pointerleave", () => this.#aim(this.#focused));
    list.addEventListener("pointerdown", () => {
      this.#held = true;
      this.#focus(null);
    });
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => (this.#held = false), true);
    list.addEventListener("focusin", ({ target }) => {
      const isSlider = target instanceof HTMLInputElement && target.type === "range";
      this.#focus((isSlider && !this.#held && rowOf(target)) || null);
    });
    list.addEventListener("focusout", () => this.#focus(null));
    list.addEventListener("keydown", ({ key }) => key === "Escape" && this.#aim(null));
  }

  /** @param {Row | null} row */
  #focus(row) {
    this.#focused = row;
    this.#aim(row);
  }

  /** The recipe has changed: what is shown is another strip. */
  renew() {
    if (this.#row) this.#ask();
  }

  /** The rows have changed. */
  hide() {
    this.#aim(null);
  }

  /** Nothing is shown while a slider is dragged, or a strength or title typed. @param {Row | null} aimed */
  #aim(aimed) {
    const row = this.#held || this.list.querySelector(".typed, .renamed") ? null : aimed;
    if (row === this.#row) return;
    this.#row = row;
    this.element.hidden = true;
    if (row) this.#show();
  }

  #show = debounced(() => {
    const row = this.#row;
    if (!row?.element.isConnected) return;
    this.words.textContent = row.words;
    this.image.removeAttribute("src");
    this.element.hidden = false;
    this.#place(row);
    this.#ask();
  }, HOVER);

  /** Below the slider, or above it where the window ends. @param {Row} row */
  #place({ element }) {
    const { offsetHeight: height, style } = this.element;
    const top = this.list.offsetTop + element.offsetTop;
    const below = element.getBoundingClientRect().bottom + height + GAP < window.innerHeight;
    style.top = `${below ? top + element.offsetHeight + GAP : top - height - GAP}px`;
  }

  #ask = latest(async () => {
    const row = this.#row;
    const question = row && this.question(row);
    if (!row || !question) return;
    const key = JSON.stringify(question);
    try {
      if (!this.#kept.has(key)) this.#keep(key, await ask(this.call, question));
    } catch (error) {
      if (this.#row === row) this.words.textContent = sentence(error);
      return;
    }
    const answer = this.#kept.get(key);
    if (this.#row !== row || !answer) return;
    this.image.src = answer.strip;
    row.showBoundary(answer.boundary);
    this.words.textContent = row.words;
  });

  /** @param {string} key @param {any} answer */
  #keep(key, answer) {
    this.#kept.set(key, answer);
    while (this.#kept.size > KEPT) this.#kept.delete(String(this.#kept.keys().next().value));
  }

  static COUNT = COUNT;
}
