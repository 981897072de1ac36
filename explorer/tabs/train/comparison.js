// Several runs in one table: their best figures, and the settings in which they differ.
import { make } from "../../web/lib/dom.js";
import { palette } from "../../web/components/charts/figure.js";

/** @param {unknown} value */
function formatted(value) {
  if (typeof value !== "number") return String(value ?? "–");
  return Number(value.toPrecision(4)).toLocaleString(undefined, { maximumFractionDigits: 6 });
}

/**
 * @param {string[]} names of the runs, in the order of their colours
 * @param {{settings: Record<string, unknown[]>, best: Record<string, unknown>[], figures: Record<string, string>}} answer
 *   of the server's `compare`
 */
export function comparisonTable(names, { settings, best, figures }) {
  const colours = palette();
  const heads = names.map((name, i) =>
    make("th", {}, make("i", { style: `background:${colours[i % colours.length]}` }), name),
  );
  const line = (/** @type {string} */ title, /** @type {unknown[]} */ values) => {
    const cells = values.map((value) => make("td", { textContent: formatted(value) }));
    return make("tr", {}, make("th", { textContent: title, scope: "row" }), ...cells);
  };
  const body = [
    ...Object.entries(figures).map(([key, title]) =>
      line(
        title,
        best.map((figure) => figure[key]),
      ),
    ),
    ...Object.entries(settings).map(([name, values]) => line(name, values)),
  ];
  const first = make("th", { textContent: "Best metrics and differing settings" });
  return make("table", {}, make("thead", {}, make("tr", {}, first, ...heads)), make("tbody", {}, ...body));
}
