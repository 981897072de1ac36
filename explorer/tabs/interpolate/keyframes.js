// The keyframes of a path: they can be moved and removed.
import { make } from "../../web/lib/dom.js";

/** @typedef {{keyframes: Recipe[], thumbs: string[], classes: string[]}} Path */

/** A list item for each. @param {Path} path @param {(keyframes: Recipe[]) => void} edit called with the keyframes of another path */
export const keyframeItems = (path, edit) => path.keyframes.map((_, i) => item(path, i, edit));

/** @param {Path} path @param {number} index @param {(keyframes: Recipe[]) => void} edit */
function item({ keyframes, thumbs, classes }, index, edit) {
  const last = keyframes.length - 1;
  const swapped = (/** @type {number} */ other) =>
    keyframes.map((one, n) => (n === index ? keyframes[other] : n === other ? keyframes[index] : one));
  /** @param {string} text @param {string} title @param {() => Recipe[]} next @param {boolean} disabled */
  const button = (text, title, next, disabled) => {
    const ariaLabel = `${title}, keyframe ${index + 1}`;
    return make("button", {
      type: "button",
      textContent: text,
      title,
      disabled,
      ariaLabel,
      onclick: () => edit(next()),
    });
  };
  const tools = make(
    "div",
    {},
    button("←", "Earlier", () => swapped(index - 1), index === 0),
    button("✕", "Remove", () => keyframes.filter((_, n) => n !== index), keyframes.length <= 2),
    button("→", "Later", () => swapped(index + 1), index === last),
  );
  const image = make("img", { src: thumbs[index], alt: `Keyframe ${index + 1}` });
  return make("li", {}, image, make("span", { textContent: caption(keyframes[index], classes) }), tools);
}

/** @param {Recipe} recipe @param {string[]} classes */
function caption(recipe, classes) {
  if (recipe.w || recipe.z || recipe.edits) return "edited";
  const name = classes[recipe.label || 0];
  return `seed ${recipe.seed || 0}${name ? ` · ${name}` : ""}`;
}
