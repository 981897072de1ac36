// The points of a map as the server sends them, and as Plotly draws them. Pure but for the palette, which is given.
import { bytes, floats, integers } from "../../web/lib/bytes.js";

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
 */
/** @typedef {"real" | "fake"} Side */
/** @typedef {[number, number] | null} Filter number of an attribute and of its class; null lets all through */
/** @typedef {{real: string, fake: string, ink: string, line: string}} Colours */

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
});

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

/** Real, generated, and the points that stand out, which are hidden at first. @param {MapData} map @param {Filter} filter @param {Colours} colours @param {string} type of Plotly's traces */
export function traces(map, filter, colours, type) {
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
    marker: { color: colours[side], ...marker },
  });
  return [
    trace("real", "real", real, { size, opacity: 0.55 }),
    trace("fake", "generated", fake, { size, opacity: 0.55 }),
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

/** @param {MapData} map @param {Colours} colours @param {MapData[]} shared maps that share the axes, none for axes of its own @param {string} revision what zoom is kept for */
export function layout(map, { ink, line }, shared, revision) {
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
    margin: { l: 46, r: 8, t: 8, b: 40 },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemsizing: "constant" },
  };
}
