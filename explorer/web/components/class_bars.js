// Classes as bars: real above generated, over the band where healthy data lie.
import { make } from "../lib/dom.js";
import { percent } from "../lib/text.js";

/**
 * One class of an attribute: `plain_attribute` of trainer/diagnosis/class_shares.py. All numbers are shares, 0 to 1.
 * @typedef {object} ClassShare
 * @property {string} name
 * @property {number} real
 * @property {number} fake
 * @property {number} low end of the healthy band
 * @property {number} high
 * @property {[number, number] | null} interval of the generated share, 95 %; older records lack it
 * @property {boolean} dropped whether it counts as missing
 * @property {boolean} abnormal whether it is out of its band
 */
/**
 * What is made inside one class: `IntraClassStats` of trainer/diagnosis/classes.py.
 * @typedef {object} IntraClass
 * @property {string} name
 * @property {number} fake how many generated images are read as it
 * @property {number | null} variety of these over that of real ones; null where there are too few
 * @property {number} asked how many were asked for as this class
 * @property {number | null} obeyed share of these that are read as it
 * @property {boolean} narrow
 * @property {boolean} refused
 */
/** @typedef {{name: string, title: string, state: string, real: number, fake: number, band?: [number, number], values: string[]}} Row */

/** What the colours mean. */
export function legend() {
  const sign = (/** @type {string} */ className) => make("i", { className });
  return make(
    "p",
    { className: "legend" },
    sign("real"),
    "real ",
    sign("fake"),
    "generated ",
    sign("band"),
    "expected",
  );
}

/** A bar for each class, all on one scale. @param {ClassShare[]} shares */
export function classBars(shares) {
  const maximum = Math.max(...shares.flatMap(({ real, fake, high }) => [real, fake, high])) || 1;
  return shares.map((share) => barRow(shareRow(share), maximum));
}

/** A bar of the variety inside each class, on one scale. @param {IntraClass[]} classes */
export function varietyBars(classes) {
  const maximum = Math.max(1, ...classes.map(({ variety }) => variety ?? 0));
  const asked = classes.some((one) => one.asked);
  return classes.map((one) => barRow(varietyRow(one, asked), maximum));
}

/** What is shown of a class. @param {ClassShare} share @returns {Row} */
export function shareRow({ name, real, fake, low, high, interval, dropped, abnormal }) {
  const between = interval ? ` (${percent(interval[0])} to ${percent(interval[1])})` : "";
  const healthy = `${percent(real)} real, expected ${percent(low)} to ${percent(high)}`;
  const title = `${name}: ${percent(fake)} generated${between}, ${healthy}`;
  const odd = abnormal ? "odd" : "";
  return { name, title, state: dropped ? "missing" : odd, real, fake, band: [low, high], values: [percent(fake)] };
}

/** What is shown of what is made inside a class. @param {IntraClass} one @param {boolean} asked whether any class was asked for @returns {Row} */
export function varietyRow({ name, fake, variety, obeyed, narrow, refused }, asked) {
  const values = [variety === null ? "too few" : variety.toFixed(2)];
  if (asked) values.push(obeyed === null ? "" : percent(obeyed));
  const state = narrow || refused ? "missing" : "";
  return { name, title: `${name}: ${fake} generated`, state, real: 1, fake: variety ?? 0, values };
}

/** @param {Row} row @param {number} maximum that fits */
function barRow({ name, title, state, real, fake, band, values }, maximum) {
  const width = (/** @type {number} */ value) => `${(100 * value) / maximum}%`;
  const bars = make("div", { className: "bars" });
  if (band) {
    const [low, high] = band;
    bars.append(make("b", { className: "band", style: `left:${width(low)};width:max(${width(high - low)}, 0.5%)` }));
  }
  bars.append(make("i", { className: "real", style: `width:${width(real)}` }));
  bars.append(make("i", { className: "fake", style: `width:${width(fake)}` }));
  const outputs = values.map((textContent) => make("output", { textContent }));
  return make("div", { className: `share ${state}`, title }, make("span", { textContent: name }), bars, ...outputs);
}
