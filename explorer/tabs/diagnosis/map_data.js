// The points of a map as the server sends them, and as Plotly draws them. Pure but for the palette, which is given.
import { bytes, floats, integers } from "../../web/lib/bytes.js";

const RANGE = [0.01, 0.99]; // quantiles of the scores at which the colours end: a few far out would flatten all others

/** @typedef {{name: string, values: string[], real: Uint8Array, fake: Uint8Array}} Attribute classes of one attribute, by point */
/**
 * @typedef {object} MapData
 * @property {[string, string]} axes titles
 * @property {string} method
 * @property {Float32Array} real x and y of each real point
 * @property {Float32Array} fake x and y of each generated point, which is that of a seed
 * @property {Int32Array} rows of the real points in the reference
 * @property {Attribute[]} attributes
 * @property {Set<number>} uncovered rows of real images that have no generated one near
 * @property {Set<number>} off_manifold seeds of generated images that are near no real one
 * @property {Record<Side, Float32Array> | null} scores the critic's of each point, higher for what it takes for real; none of a side that has no score
 * @property {string} unscored why scores are missing that the critic could have given
 */
/** @typedef {"real" | "fake"} Side */
/** @typedef {[number, number] | null} Filter number of an attribute and of its class; null lets all through */
/** @typedef {{real: string, fake: string, ink: string, dim: string, line: string, scale: string[]}} Colours `scale`: from the lowest score to the highest */
/** @typedef {{filter: Filter, byScore: boolean}} Look what is shown of a map, and whether by the critic's score */

/** @param {any} encoded @returns {MapData} */
export const decoded = (encoded) => ({
  axes: encoded.axes,
  method: encoded.method,
  real: floats(encoded.real),
  fake: floats(encoded.fake),
  rows: integers(encoded.real_rows),
  attributes: encoded.attributes.map((/** @type {any} */ attribute) => ({
    ...attribute,
    real: bytes(attribute.real),
    fake: bytes(attribute.fake),
  })),
  uncovered: new Set(integers(encoded.uncovered)),
  off_manifold: new Set(integers(encoded.off_manifold)),
  scores: encoded.scores && { real: floats(encoded.scores.real), fake: floats(encoded.scores.fake) },
  unscored: encoded.unscored,
});

/** The score of a point, undefined where it has none. @param {MapData} map @param {Side} side @param {number} row in the reference, or seed */
export const scoreOf = ({ scores, rows }, side, row) => scores?.[side][side === "real" ? rows.indexOf(row) : row];

/** Scores at which the colours begin and end. @param {MapData} map @returns {number[]} */
export function scoreRange({ scores }) {
  const all = scores ? Float32Array.from([...scores.real, ...scores.fake]).sort() : new Float32Array(1);
  return RANGE.map((quantile) => all[Math.round(quantile * (all.length - 1))]);
}

/** Points of one side that a filter lets through. @param {MapData} map @param {Side} side @param {Filter} filter */
export function chosen(map, side, filter) {
  const points = Array.from({ length: map[side].length / 2 }, (_, i) => i);
  return filter ? points.filter((i) => map.attributes[filter[0]][side][i] === filter[1]) : points;
}

/** From the least to the most of all maps on an axis, with a little room. @param {MapData[]} maps @param {number} axis 0 or 1 */
export function extent(maps, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (const side of maps.flatMap((map) => [map.real, map.fake])) {
    for (let i = axis; i < side.length; i += 2) [low, high] = [Math.min(low, side[i]), Math.max(high, side[i])];
  }
  const room = (high - low) / 20;
  return [low - room, high + room];
}

/** Real, generated, and the points that stand out, which are hidden at first. @param {MapData} map @param {Look} look @param {Colours} colours @param {string} type of Plotly's traces */
export function traces(map, { filter, byScore }, colours, type) {
  const [real, fake] = [chosen(map, "real", filter), chosen(map, "fake", filter)];
  const uncovered = real.filter((i) => map.uncovered.has(map.rows[i]));
  const off_manifold = fake.filter((i) => map.off_manifold.has(i));
  const size = real.length + fake.length > 4000 ? 4 : 6;
  /** @param {Side} side @param {string} name @param {number[]} points @param {object} marker @param {boolean | string} visible */
  const trace = (side, name, points, marker, visible = true) => ({
    type,
    mode: "markers",
    name: `${name} (${points.length.toLocaleString()})`,
    visible,
    hoverinfo: "none",
    x: points.map((i) => map[side][2 * i]),
    y: points.map((i) => map[side][2 * i + 1]),
    customdata: points.map((i) => [side, side === "real" ? map.rows[i] : i]),
    marker: { color: byScore ? colours.ink : colours[side], ...marker },
  });
  /** @param {Side} side @param {number[]} points @param {string} symbol */
  const marker = (side, points, symbol) => {
    if (!byScore) return { size, opacity: 0.55 };
    const scores = map.scores?.[side];
    if (!scores?.length) return { size, symbol, color: colours.dim, opacity: 0.4 };
    return { size, symbol, color: points.map((i) => scores[i]), coloraxis: "coloraxis", opacity: 0.9 };
  };
  return [
    trace("real", "real", real, marker("real", real, "diamond")),
    trace("fake", "generated", fake, marker("fake", fake, "circle")),
    trace(
      "real",
      "uncovered",
      uncovered,
      { size: size + 5, symbol: "circle-open", line: { width: 1.5 } },
      "legendonly",
    ),
    trace(
      "fake",
      "off-manifold",
      off_manifold,
      { size: size + 3, symbol: "x-open", line: { width: 1.2 } },
      "legendonly",
    ),
  ];
}

/** The legend of the critic's score. @param {MapData} map @param {Colours} colours */
function scoreAxis(map, { ink, scale }) {
  const [cmin, cmax] = scoreRange(map);
  const colorbar = {
    title: {
      text: "critic's score; higher: the critic finds it more real",
      side: "top",
      font: { color: ink, size: 12 },
    },
    orientation: "h",
    x: 0.5,
    y: -0.16,
    yanchor: "top",
    len: 0.9,
    thickness: 10,
    outlinewidth: 0,
    tickfont: { color: ink, size: 10 },
  };
  return { cmin, cmax, colorscale: scale.map((colour, i) => [i / (scale.length - 1), colour]), colorbar };
}

/** @param {MapData} map @param {Colours} colours @param {MapData[]} shared maps that share the axes, none for axes of its own @param {string} revision what zoom is kept for @param {boolean} byScore whether the points have the colours of the critic's score */
export function layout(map, colours, shared, revision, byScore) {
  const { ink, line } = colours;
  const axis = (/** @type {number} */ k) => ({
    title: { text: map.axes[k], font: { size: 12 } },
    zeroline: false,
    gridcolor: line,
    linecolor: line,
    tickfont: { size: 10 },
    ...(shared.length && { range: extent(shared, k) }),
  });
  return {
    xaxis: axis(0),
    yaxis: axis(1),
    hovermode: "closest",
    dragmode: "pan",
    uirevision: revision,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, family: "ui-sans-serif, system-ui, sans-serif", size: 12 },
    margin: { l: 46, r: 8, t: 8, b: byScore ? 104 : 40 },
    ...(byScore && { coloraxis: scoreAxis(map, colours) }),
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemsizing: "constant" },
  };
}
