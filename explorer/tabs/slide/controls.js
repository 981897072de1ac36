// What the controls of Slide show of a recipe.
import { finder, make, offer, reveal } from "../../web/lib/dom.js";
import { layerRanges } from "../../web/lib/recipe.js";
import { hiddenEdits } from "./edits.js";

/** @typedef {import("./edits.js").Layers} Layers */
/** @typedef {{recipe: Recipe & {edits: Edit[], psi: number}, method: string, layers: Layers, canUndo: boolean, canRedo: boolean}} Shown */

export class Controls {
  /** @param {HTMLElement} element @param {(edit: Edit) => void} remove called when an edit's chip is pressed */
  constructor(element, remove) {
    this.element = element;
    this.remove = remove;
    this.$ = finder(element);
  }

  /** Offer what a model has. @param {Model} model */
  offer(model) {
    this.model = model;
    const ranges = layerRanges(model.layers);
    offer(
      this.$("[data-field=method]"),
      model.methods.map(({ name, title }) => [name, title]),
    );
    offer(
      this.$("[data-field=layers]"),
      ranges.map(([name, first, last]) => [JSON.stringify([first, last]), name]),
    );
    offer(
      this.$("[data-field=label]"),
      model.classes.map((name, i) => [i, name]),
    );
    reveal(this.element, model);
  }

  /** @param {Shown} shown */
  show({ recipe, method, layers, canUndo, canRedo }) {
    this.#showFields({ ...recipe, method, layers: JSON.stringify(layers), label: recipe.label ?? 0 });
    this.showPsi(recipe.psi);
    this.$("[data-help=method]").textContent = this.model?.methods.find(({ name }) => name === method)?.help ?? "";
    this.$("[data-field=psi]").disabled = Boolean(recipe.w);
    this.$("[data-do=undo]").disabled = !canUndo;
    this.$("[data-do=redo]").disabled = !canRedo;
    for (const name of ["reset", "compare", "keep"]) this.$(`[data-do=${name}]`).disabled = !recipe.edits.length;
    this.$(".chips").replaceChildren(...hiddenEdits(recipe.edits, method, layers).map((edit) => this.#chip(edit)));
  }

  /** @param {number} psi */
  showPsi(psi) {
    this.$("[data-out=psi]").textContent = psi.toFixed(2);
  }

  /** @param {Record<string, any>} values */
  #showFields(values) {
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.element.querySelectorAll("[data-field]"))) {
      const name = String(input.dataset.field);
      const typing = document.activeElement === input && input.type === "number";
      if (name in values && !typing) input.value = values[name];
    }
  }

  /** @param {Edit} edit */
  #chip(edit) {
    const [direction, strength, first, last] = edit;
    const text = `${direction} ${this.#rangeName(first, last ?? null)} ${strength > 0 ? "+" : ""}${strength.toFixed(2)} ×`;
    const onclick = () => this.remove(edit);
    return make("button", { type: "button", textContent: text, title: "Remove this edit", onclick });
  }

  /** @param {number} first @param {number | null} last */
  #rangeName(first, last) {
    const count = this.model?.layers ?? 1;
    if (count === 1) return "";
    const found = layerRanges(count).find((range) => range[1] === first && range[2] === last);
    return found ? found[0] : `layers ${first}–${last ?? "end"}`;
  }
}
