// Edits that no slider shows: each can be put on the board, or taken away.
import { make } from "../../../web/lib/dom.js";
import { layerRanges } from "../../../web/lib/recipe.js";

/** A chip. @param {Edit} edit @param {string} name of its direction @param {number} layers of the model @param {{add: (edit: Edit) => void, remove: (edit: Edit) => void}} on */
export function chip(edit, name, layers, on) {
  const [, strength, first, last] = edit;
  const text = `${name} ${rangeName(layers, first, last ?? null)} ${strength > 0 ? "+" : ""}${strength.toFixed(2)}`;
  const words = text.replace(/\s+/g, " ");
  const add = make("button", { type: "button", textContent: words, title: "Show it as a slider" });
  add.onclick = () => on.add(edit);
  const remove = make("button", { type: "button", textContent: "✕", title: "Remove this edit" });
  remove.ariaLabel = `Remove ${words}`;
  remove.onclick = () => on.remove(edit);
  return make("span", { className: "chip" }, add, remove);
}

/** What a range of layers is called: "" for all. @param {number} count of layers @param {number} first @param {number | null} last */
export function rangeName(count, first, last) {
  const found = layerRanges(count).find((range) => range[1] === first && range[2] === last);
  if (found) return found[0] === "all" ? "" : found[0];
  return first === last ? `layer ${first}` : `layers ${first}–${last ?? "end"}`;
}
