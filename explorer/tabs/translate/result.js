// The output: beside what it is made of and what should come of it, with a swipe between them, and what the critic says.
import { erase, put } from "../../web/lib/canvas.js";
import { finder, offer } from "../../web/lib/dom.js";

/** @typedef {import("../../web/render/network.js").Picture} Picture */

const LOW = [213, 94, 0]; // looks fake
const HIGH = [0, 114, 178]; // looks real
const STRONG = 0.75; // of the colour of the patch that is farthest from undecided

export class Result {
  /** @type {Record<string, ImageData | HTMLImageElement | null>} what can be swiped to */
  #others = { input: null, truth: null, completion: null };

  /** @param {HTMLElement} element of the tab */
  constructor(element) {
    this.$ = finder(element);
    this.frame = this.$(".result");
    this.output = this.$(".output");
    this.$(".swipe").addEventListener("input", () => this.#swipe());
    this.$("[data-field=other]").addEventListener("change", () => this.#showOther());
    this.#listen();
  }

  /** @param {Picture} picture */
  show({ side, rgba }) {
    this.$(".hint").hidden = true;
    put(this.output, new ImageData(/** @type {any} */ (rgba), side, side));
  }

  /** There is no output. @param {string} why */
  clear(why) {
    Object.assign(this.$(".hint"), { hidden: false, textContent: why });
    this.$(".heat").hidden = true;
    erase(this.output);
  }

  /** What can be swiped to. @param {"input" | "truth" | "completion"} name @param {ImageData | HTMLImageElement | null} image @param {boolean} choose it at once */
  set(name, image, choose = false) {
    const changed = Boolean(image) !== Boolean(this.#others[name]);
    this.#others[name] = image;
    if (changed) this.#offer();
    if (choose) this.$("[data-field=other]").value = name;
    if (this.$("[data-field=other]").value === name) this.#showOther();
  }

  #offer() {
    const select = this.$("[data-field=other]");
    const before = select.value;
    const named = [
      ["", "nothing"],
      this.#others.input && ["input", "the input"],
      this.#others.truth && ["truth", "the truth"],
      this.#others.completion && ["completion", "the completion"],
    ];
    offer(select, /** @type {[string, string][]} */ (named.filter(Boolean)));
    select.value = before;
    if (select.selectedIndex < 0) select.value = "";
    this.#showOther();
  }

  #showOther() {
    const image = this.#others[this.$("[data-field=other]").value];
    for (const part of [".swipe", ".swiped", ".edge"]) this.$(part).hidden = !image;
    if (image) put(this.$(".other"), image);
    this.#swipe();
  }

  #swipe() {
    const share = this.$(".swipe").valueAsNumber;
    this.$(".swiped").style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    this.$(".edge").style.left = `${share}%`;
  }

  /** The picture itself can be swiped over, too. */
  #listen() {
    const follow = (/** @type {PointerEvent} */ event) => {
      if (!event.buttons || this.$(".swipe").hidden) return;
      const { left, width } = this.frame.getBoundingClientRect();
      this.$(".swipe").value = String(Math.min(100, Math.max(0, (100 * (event.clientX - left)) / width)));
      this.#swipe();
    };
    this.frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (!this.$(".swipe").hidden) this.frame.setPointerCapture(event.pointerId);
      follow(event);
    });
    this.frame.addEventListener("pointermove", follow);
  }

  /** What the critic says, over the output. @param {{side: number, logits: Float32Array} | null} patches */
  heat(patches) {
    const canvas = this.$(".heat");
    canvas.hidden = this.$(".legend").hidden = !patches;
    if (patches) put(canvas, heated(patches));
  }
}

/** Logits as colours, orange for fake and blue for real, the stronger the farther from undecided. @param {{side: number, logits: Float32Array}} patches */
function heated({ side, logits }) {
  const image = new ImageData(side, side);
  const farthest = Math.max(1e-6, ...logits.map(Math.abs));
  logits.forEach((logit, i) => {
    image.data.set([...(logit < 0 ? LOW : HIGH), (255 * STRONG * Math.abs(logit)) / farthest], 4 * i);
  });
  return image;
}
