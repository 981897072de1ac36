// The small menu of a slider.
import { make, offer } from "../../../web/lib/dom.js";

/**
 * @typedef {object} Entries what the menu offers of one slider
 * @property {[string, (() => void) | null][]} acts text and what it does; null where it cannot be done now
 * @property {[string, string][]} layers values and names; empty where there is no choice
 * @property {string} layer the value that is chosen
 * @property {(value: string) => void} choose another range of layers
 */

export class Menu {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.element = make("div", {
      className: "slider-menu",
      popover: "auto",
      role: "dialog",
      ariaLabel: "More for this direction",
    });
    this.element.addEventListener("keydown", (event) => this.#walk(event));
    parent.append(this.element);
  }

  /** @param {HTMLElement} button at which it opens @param {Entries} entries */
  open(button, { acts, layers, layer, choose }) {
    const items = acts.map(([textContent, act]) => {
      const item = make("button", { type: "button", textContent, disabled: !act });
      item.onclick = () => {
        this.element.hidePopover();
        act?.();
      };
      return item;
    });
    this.element.replaceChildren(...items);
    if (layers.length) this.element.append(layersField(layers, layer, choose));
    this.element.showPopover();
    this.#place(button);
    items.find((item) => !item.disabled)?.focus();
  }

  /** Beside the button, inside of the window. @param {HTMLElement} button */
  #place(button) {
    const { right, bottom, top } = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const below = bottom + height < window.innerHeight;
    this.element.style.left = `${Math.max(8, right - width)}px`;
    this.element.style.top = `${below ? bottom + 4 : Math.max(8, top - height - 4)}px`;
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const items = [.../** @type {NodeListOf<HTMLButtonElement>} */ (this.element.querySelectorAll("button:enabled"))];
    const at = items.findIndex((item) => item === document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    items[(at + step + items.length) % items.length].focus();
  }
}

/** @param {[string, string][]} layers @param {string} layer @param {(value: string) => void} choose */
function layersField(layers, layer, choose) {
  const select = make("select", { ariaLabel: "Layers of this direction" });
  offer(select, layers);
  select.value = layer;
  select.onchange = () => choose(select.value);
  return make("label", {}, "Layers", select);
}
