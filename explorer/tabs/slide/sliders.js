// The sliders of the directions, each with the images at its ends.
import { make } from "../../web/lib/dom.js";

const DEAD = 0.03; // strengths below this are zero

/**
 * @typedef {object} On
 * @property {(axis: number, strength: number) => void} move while it is dragged
 * @property {() => void} rest once it is let go
 */

export class Sliders {
  /** @param {HTMLElement} list @param {On} on */
  constructor(list, on) {
    this.list = list;
    this.on = on;
  }

  /** So many sliders; those that are there stay. @param {number} count @param {number} range the sliders' end, in deviations of w */
  lay(count, range) {
    if (this.list.children.length === count) return;
    this.list.replaceChildren(...Array.from({ length: count }, (_, axis) => this.#row(axis, range)));
  }

  /** Begin anew: another model has other images at the ends. @param {number} count @param {number} range */
  reset(count, range) {
    this.list.replaceChildren();
    this.lay(count, range);
  }

  /** @param {number} axis @param {number} strength */
  show(axis, strength) {
    const row = this.list.children[axis];
    if (!row) return;
    const find = (/** @type {string} */ selector) => /** @type {any} */ (row.querySelector(selector));
    const sign = strength > 0 ? "+" : "−";
    find("input").value = strength;
    find(".value").textContent = strength ? sign + Math.abs(strength).toFixed(2) : "0.00";
    find("[data-reset]").disabled = !strength;
  }

  /** Show the strengths of all. @param {(axis: number) => number} strengthOf */
  showAll(strengthOf) {
    for (let axis = 0; axis < this.list.children.length; axis++) this.show(axis, strengthOf(axis));
  }

  /** Images at the ends, and a note, of each direction. @param {{low: string, high: string, note: string}[]} axes @param {number} range */
  showEnds(axes, range) {
    this.lay(axes.length, range);
    axes.forEach(({ low, high, note }, axis) => {
      const row = /** @type {HTMLElement} */ (this.list.children[axis]);
      /** @type {HTMLImageElement} */ (row.querySelector(".low")).src = low;
      /** @type {HTMLImageElement} */ (row.querySelector(".high")).src = high;
      row.title = `Direction ${axis + 1}: ${note}. Double-click: reset.`;
    });
  }

  /** @param {number} axis @param {number} range */
  #row(axis, range) {
    const name = `${axis + 1}`;
    const set = (/** @type {number} */ strength) => () => {
      this.on.move(axis, strength);
      this.on.rest();
    };
    const input = make("input", { type: "range", min: -range, max: range, step: 0.05, ariaLabel: `Direction ${name}` });
    input.value = "0"; // once its range is known
    input.oninput = () => this.on.move(axis, Math.abs(input.valueAsNumber) < DEAD ? 0 : input.valueAsNumber);
    input.onchange = () => this.on.rest();
    input.ondblclick = set(0);
    const reset = make("button", { type: "button", title: "Reset", textContent: "↺", onclick: set(0) });
    reset.ariaLabel = `Reset direction ${name}`;
    reset.dataset.reset = "";
    const end = (/** @type {string} */ className, /** @type {number} */ strength) =>
      make("img", { className, alt: "", draggable: false, onclick: set(strength) });
    return make(
      "li",
      { className: "slider" },
      end("low", -range),
      make("label", {}, make("span", { textContent: name }), input),
      make("span", { className: "value", textContent: "0.00" }),
      reset,
      end("high", range),
    );
  }
}
