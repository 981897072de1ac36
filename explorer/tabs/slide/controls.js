// What the controls of Slide show of a recipe.
import { finder, offer, reveal } from "../../web/lib/dom.js";
import { layerRanges } from "../../web/lib/recipe.js";

/** @typedef {import("./edits.js").Layers} Layers */
/** @typedef {{recipe: Recipe & {edits: Edit[], psi: number}, layers: Layers, canUndo: boolean, canRedo: boolean}} Shown */

export class Controls {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.$ = finder(element);
  }

  /** Offer what a model has. @param {Model} model */
  offer(model) {
    const ranges = layerRanges(model.layers);
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
  show({ recipe, layers, canUndo, canRedo }) {
    this.#showFields({ ...recipe, layers: JSON.stringify(layers), label: recipe.label ?? 0 });
    this.showPsi(recipe.psi);
    this.$("[data-field=psi]").disabled = Boolean(recipe.w);
    this.$(".tuned").hidden = !recipe.tuned;
    this.$("[data-do=undo]").disabled = !canUndo;
    this.$("[data-do=redo]").disabled = !canRedo;
    for (const name of ["reset", "compare", "keep"]) this.$(`[data-do=${name}]`).disabled = !recipe.edits.length;
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
}
