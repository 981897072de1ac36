// Points on an image, their region and their way, as numbers. Pure: pixels of the image from its left and top edge.
import { base64Of } from "../../web/lib/bytes.js";

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{handle: Point, target: Point | null}} Pair a target is null until it is set */

export const MAX_PAIRS = 8; // as in explorer/core/dragging/request.py

/**
 * Where an element that shows an image of `side` pixels was touched.
 * @param {{left: number, top: number, width: number, height: number}} box of the element
 * @param {number} clientX @param {number} clientY @param {number} side @returns {Point}
 */
export const pointAt = (box, clientX, clientY, side) =>
  within({ x: ((clientX - box.left) / box.width) * side, y: ((clientY - box.top) / box.height) * side }, side);

/** The nearest point of the image. @param {Point} point @param {number} side @returns {Point} */
export const within = ({ x, y }, side) => ({ x: clamp(x, side), y: clamp(y, side) });

/** @param {number} value @param {number} side */
const clamp = (value, side) => Math.min(side, Math.max(0, value));

/** @param {Point} a @param {Point} b */
export const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/**
 * An arrow from a handle to its target, as the path of an SVG; "" where they are too near for one.
 * @param {Point} from @param {Point} to @param {number} head length of its head
 */
export function arrow(from, to, head) {
  const length = distance(from, to);
  if (length < head) return "";
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const wing = (/** @type {number} */ sign) =>
    `${round(to.x - head * (dx + (sign * dy) / 2))} ${round(to.y - head * (dy - (sign * dx) / 2))}`;
  return `M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}M${wing(1)}L${round(to.x)} ${round(to.y)}L${wing(-1)}`;
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;

/**
 * Distances over steps as the points of an SVG's polyline, the first step left, zero at the bottom.
 * @param {number[]} distances @param {number} width @param {number} height
 */
export function curve(distances, width, height) {
  const most = Math.max(...distances, 1e-6);
  const last = Math.max(1, distances.length - 1);
  return distances.map((d, i) => `${round((i / last) * width)},${round(height * (1 - d / most))}`).join(" ");
}

/**
 * Set every pixel of a mask whose centre lies in a disc.
 * @param {Uint8Array} mask [side * side], 1 where the image may change @param {number} side @param {Point} centre
 * @param {number} radius @param {0 | 1} value
 */
export function stamp(mask, side, centre, radius, value) {
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (Math.hypot(x + 0.5 - centre.x, y + 0.5 - centre.y) <= radius) mask[y * side + x] = value;
}

/** A bit a pixel, row by row, as base64; "" for a mask in which nothing is set. @param {Uint8Array} mask */
export function packed(mask) {
  if (!mask.includes(1)) return "";
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((bit, i) => (bytes[i >> 3] |= bit << (7 - (i & 7))));
  return base64Of(bytes);
}

/** Why a drag cannot start; "" where it can. @param {Pair[]} pairs */
export function hindrance(pairs) {
  if (!pairs.length) return "Click a point of the image, then where it is to go.";
  const open = pairs.findIndex(({ target }) => !target);
  return open < 0 ? "" : `Point ${open + 1} has no target yet: click where it is to go.`;
}
