// The shares of classes, real and generated, as bars over the band where healthy data lie.
import { make } from "../lib/dom.js";
import { percent } from "../lib/text.js";

/**
 * @typedef {object} ClassShare
 * @property {string} name
 * @property {number} real 0 to 1, as all shares
 * @property {number} fake
 * @property {number} low end of the healthy band
 * @property {number} high
 * @property {boolean} dropped whether it counts as missing
 */

/** What the colours mean. */
export function legend() {
  const sign = (/** @type {string} */ className) => make("i", { className });
  return make("p", { className: "legend" }, sign("real"), "real ", sign("fake"), "generated ", sign("band"), "healthy");
}

/** A bar for each class, all on one scale. @param {ClassShare[]} shares */
export function classBars(shares) {
  const most = Math.max(...shares.flatMap(({ real, fake, low, high }) => [real, fake, low, high]));
  return shares.map((share) => classBar(share, most));
}

/** @param {ClassShare} share @param {number} most share that fits */
function classBar({ name, real, fake, low, high, dropped }, most) {
  const width = (/** @type {number} */ share) => `${(100 * share) / most}%`;
  const bars = make(
    "div",
    { className: "bars" },
    make("b", { style: `left:${width(low)};width:${width(Math.max(0, high - low))}` }),
    make("i", { className: "real", style: `width:${width(real)}` }),
    make("i", { className: "fake", style: `width:${width(fake)}` }),
  );
  const odd = fake < low || fake > high ? "odd" : "";
  const title = `${name}: ${percent(fake)} generated, ${percent(real)} real, healthy ${percent(low)} to ${percent(high)}`;
  const parts = [make("span", { textContent: name }), bars, make("output", { textContent: percent(fake) })];
  return make("div", { className: `mode ${dropped ? "missing" : odd}`, title }, ...parts);
}
