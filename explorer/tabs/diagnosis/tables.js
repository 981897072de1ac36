// Measures of two checkpoints side by side, and what is exported.
import { download, make } from "../../web/lib/dom.js";
import { csv } from "../../web/lib/text.js";

/** @typedef {import("./map.js").MapView} MapView */

/** A row whose first cell is its title. @param {string[]} cells @param {"td" | "th"} kind */
function row([title, ...cells], kind = "td") {
  return make("tr", {}, make("th", { textContent: title }), ...cells.map((textContent) => make(kind, { textContent })));
}

/** Head and body of a table of two checkpoints. @param {MapView[]} views @returns {HTMLElement[]} */
export function comparison(views) {
  const head = row([`${views[0].result.n.toLocaleString()} samples each`, ...views.map((view) => view.name())], "th");
  const compared = views[0].result.numbers.measures.filter((/** @type {any} */ m) => m.table);
  const rows = compared.flatMap((/** @type {any} */ { key }) => {
    const found = views.map(({ result }) => result.numbers.measures.find((/** @type {any} */ m) => m.key === key));
    if (!found.every(Boolean)) return [];
    return [row([found[0].title, ...found.map(({ value }) => (value === null ? "undefined" : value.toPrecision(3)))])];
  });
  const verdicts = row(["Verdict", ...views.map(({ result }) => result.numbers.findings[0].title)]);
  return [make("thead", {}, head), make("tbody", {}, verdicts, ...rows)];
}

/** The numbers of a diagnosis as rows of a table. @param {any} numbers */
function rowsOf({ measures, modes, within, thresholds }) {
  const asked = within.filter((/** @type {any} */ w) => w.asked);
  return [
    ["kind", "name", "value", "real", "healthy_low", "healthy_high"],
    ...measures.map((/** @type {any} */ m) => ["measure", m.key, m.value, null, m.low, m.high]),
    ...modes.map((/** @type {any} */ m) => {
      return ["mode", `${m.attribute}: ${m.class}`, m.generated, m.real, m.healthy_low, m.healthy_high];
    }),
    ...within.map((/** @type {any} */ w) => [
      "diversity within class",
      w.name,
      w.variety,
      1,
      thresholds.MIN_VARIETY,
      null,
    ]),
    ...asked.map((/** @type {any} */ w) => ["label accuracy", w.name, w.obeyed, null, null, null]),
  ];
}

/** @param {string} type @param {string} content */
const dataUri = (type, content) => `data:${type};charset=utf-8,${encodeURIComponent(content)}`;

/** @param {string} format */
const image =
  (format) =>
  (/** @type {MapView} */ { plot }, /** @type {string} */ filename) =>
    window.Plotly.downloadImage(plot, { format, filename, width: 1200, height: 900, scale: format === "png" ? 2 : 1 });

/** What can be exported of a view. @type {Record<string, {of: "map" | "result", write: (view: MapView, name: string) => unknown}>} */
export const EXPORTS = {
  png: { of: "map", write: image("png") },
  svg: { of: "map", write: image("svg") },
  json: {
    of: "result",
    write: ({ result }, name) =>
      download(`${name}.json`, dataUri("application/json", JSON.stringify(result.numbers, null, 2))),
  },
  csv: {
    of: "result",
    write: ({ result }, name) => download(`${name}.csv`, dataUri("text/csv", csv(rowsOf(result.numbers)))),
  },
};
