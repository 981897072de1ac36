// Marks a rectangle of the image: by a drag, or with the arrow keys.
import { make } from "../../../web/lib/dom.js";

/** @typedef {{left: number, top: number, right: number, bottom: number}} Region in shares of the image */

const STEP = 1 / 32; // of the image, that an arrow key moves
const LEAST = 1 / 64; // of the image; a smaller rectangle is a click
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The rectangle between two corners, inside of the image. Pure. @param {number[]} a x and y @param {number[]} b @returns {Region} */
export function rectangle(a, b) {
  const [x, y] = [0, 1].map((k) => [a[k], b[k]].map((value) => Math.max(0, Math.min(1, value))).sort((p, q) => p - q));
  return { left: x[0], top: y[0], right: x[1], bottom: y[1] };
}

/** A rectangle moved, or made larger, by steps of the keys. Pure. @param {Region} region @param {number[]} by x and y @param {boolean} grow @returns {Region} */
export function nudged({ left, top, right, bottom }, [x, y], grow) {
  const [dx, dy] = [x * STEP, y * STEP];
  if (grow) return rectangle([left, top], [Math.max(right + dx, left + STEP), Math.max(bottom + dy, top + STEP)]);
  const [mx, my] = [Math.max(-left, Math.min(1 - right, dx)), Math.max(-top, Math.min(1 - bottom, dy))];
  return rectangle([left + mx, top + my], [right + mx, bottom + my]);
}

/** Let a region be marked on a frame; null where that was given up. @param {HTMLElement} frame @returns {Promise<Region | null>} */
export function marked(frame) {
  return new Promise((done) => {
    let region = rectangle([0.35, 0.35], [0.65, 0.65]);
    /** @type {number[] | null} */
    let from = null;
    const box = make("i", {});
    const words = "Drag over a part of the image. Keys: arrows move, with Shift size, Enter takes, Escape gives up.";
    const layer = make("div", { className: "marking", tabIndex: 0, role: "application", ariaLabel: words }, box);
    layer.append(make("small", { textContent: words }));
    const show = () => {
      const { left, top, right, bottom } = region;
      const place = { left, top, width: right - left, height: bottom - top };
      for (const [name, value] of Object.entries(place)) box.style.setProperty(name, `${100 * value}%`);
    };
    const end = (/** @type {Region | null} */ found) => {
      layer.remove();
      done(found);
    };
    const at = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const { left, top, width, height } = layer.getBoundingClientRect();
      return [(clientX - left) / width, (clientY - top) / height];
    };
    for (const name of ["pointerdown", "pointermove", "pointerup", "dblclick", "keydown", "wheel"]) {
      layer.addEventListener(name, (event) => event.stopPropagation()); // the image below is a pad
    }
    layer.onpointerdown = (event) => {
      from = at(event);
      layer.setPointerCapture(event.pointerId);
    };
    layer.onpointermove = (event) => {
      if (!from) return;
      region = rectangle(from, at(event));
      show();
    };
    layer.onpointerup = () => {
      from = null;
      if (region.right - region.left > LEAST && region.bottom - region.top > LEAST) end(region);
    };
    layer.onkeydown = (event) => {
      const step = STEPS[event.key];
      if (!step && event.key !== "Escape" && event.key !== "Enter") return;
      event.preventDefault(); // the dialog that opens next would take the same key
      if (!step) return end(event.key === "Enter" ? region : null);
      region = nudged(region, step, event.shiftKey);
      show();
    };
    show();
    frame.append(layer);
    layer.focus();
  });
}
