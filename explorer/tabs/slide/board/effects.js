// What a direction changes: in words, and as a small bar.
import { make } from "../../../web/lib/dom.js";

/** @typedef {import("./choice.js").Direction} Direction */

const FULL = 1.5; // deviations a unit of strength that fill half of the bar

/** `hair=long` as a person reads it. @param {string} name */
const spoken = (name) => name.replace("=", ": ");

/** @param {number} gain */
const signed = (gain) => `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(gain && Math.abs(gain) < 0.1 ? 2 : 1)}`;

/** Pure. @param {Direction} direction */
export function effectWords({ effects, impurity, note }) {
  if (!effects.length) return note ? `${note}.` : "";
  const [[first, gain], ...others] = effects;
  const more = others.map(([name, by]) => `${signed(by)} of ${spoken(name)}`).join(", ");
  const purity = impurity === null ? "" : `; others change ${impurity.toFixed(1)} times as much`;
  const what = `${signed(gain)} deviations of ${spoken(first)} per unit${more && `, ${more}`}${purity}`;
  return note ? `${what}. ${note}.` : `${what}.`;
}

/** From where on the image has what a direction is named after. Pure. @param {Direction} direction @param {number | null} boundary strength */
export const boundaryWords = ({ title }, boundary) =>
  boundary === null ? "" : `${title} from ${boundary < 0 ? "−" : "+"}${Math.abs(boundary).toFixed(2)} on (the mark).`;

/** Of each effect how far its bar reaches, −1 to 1. Pure. @param {Direction} direction */
export const lengths = ({ effects }) => effects.map(([, gain]) => Math.max(-1, Math.min(1, gain / FULL)));

/** 0 where the others change as much or more, 1 where nothing else changes. Pure. @param {number | null} impurity */
export const purity = (impurity) => (impurity === null ? 0 : 1 / (1 + impurity));

/** One line an effect, to the right where there is more of it; the first is as strong as it is pure. @param {Direction} direction @param {string} id of the element, by which a slider is described */
export function effectBar(direction, id) {
  const bar = make("span", { className: "effects", id, role: "img", ariaLabel: effectWords(direction) });
  bar.hidden = !bar.ariaLabel;
  bar.classList.toggle("unmeasured", !direction.effects.length);
  lengths(direction).forEach((length, i) => {
    const line = make("i", {});
    line.style.setProperty("--from", `${50 + 50 * Math.min(0, length)}%`);
    line.style.setProperty("--size", `${50 * Math.abs(length)}%`);
    if (!i) line.style.setProperty("--pure", `${Math.round(100 * purity(direction.impurity))}%`);
    bar.append(line);
  });
  return bar;
}
