// What the menu of a slider offers.
import { layerRanges } from "../../../web/lib/recipe.js";
import { rangeName } from "./chips.js";
import { movedId } from "./choice.js";

/** @typedef {import("./board.js").Board} Board */

/** @param {Board} board @param {import("./row.js").Row} row @returns {import("./menu.js").Entries} */
export function entriesOf(board, row) {
  const { collection, holding } = board;
  const { direction } = row;
  const { ids, choice } = collection;
  const at = ids.indexOf(direction.id);
  const step = (/** @type {number} */ by) => () => {
    collection.choose(movedId(ids, direction.id, by));
    board.sliders.rows.get(direction.id)?.more.focus();
  };
  return {
    acts: [
      ["Rename …", () => row.rename()],
      ["Move up", at > 0 ? step(-1) : null],
      ["Move down", at < ids.length - 1 ? step(1) : null],
      ...(row.boundary === null ? [] : [toBoundary(row)]),
      ["Hold others fixed …", ids.length > 1 ? () => holding.open(direction) : null],
      ["Hide", () => collection.toggle(direction.id, false)],
    ],
    layers: layerNames(board.tab.model.layers, direction, choice),
    layer: JSON.stringify(choice.layers[direction.id] ?? null),
    choose: (value) => collection.setLayers(direction.id, JSON.parse(value)),
  };
}

/** @param {import("./row.js").Row} row @returns {[string, () => void]} */
const toBoundary = (row) => ["Go to the mark", () => row.toBoundary()];

/** Ranges of layers that one slider may act on, as values and names; none where there is no choice. Pure. @param {number} count of layers @param {import("./choice.js").Direction} direction @param {import("./choice.js").Choice} choice @returns {[string, string][]} */
export function layerNames(count, { id, layers }, choice) {
  if (count <= 2) return [];
  const free = layers[0] === 0 && layers[1] === null;
  const own = free ? "as the board" : rangeName(count, ...layers) || "all";
  const chosen = choice.layers[id];
  const ranges = layerRanges(count).map(([name, first, last]) => [JSON.stringify([first, last]), name]);
  const odd = chosen && !ranges.some(([value]) => value === JSON.stringify(chosen));
  const extra = odd ? [[JSON.stringify(chosen), rangeName(count, ...chosen)]] : [];
  return /** @type {[string, string][]} */ ([["null", own], ...ranges, ...extra]);
}
