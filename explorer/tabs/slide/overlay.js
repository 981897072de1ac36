// What lies over the image while points are dragged: the region, arrows, and dots that a hand or the arrow keys move.
import { arrow, packed, stamp, within } from "./points.js";

/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./points.js").Pair} Pair */
/** @typedef {{what: "handle" | "target" | "brush", index: number}} Dot */

const SVG = "http://www.w3.org/2000/svg";
const DOT = 1 / 55; // radius of a dot, of the image's side
const HEAD = 1 / 24; // an arrow's head
const VEIL = 115; // of 255: how dark it is where the image must not change

/** @param {string} name @param {Record<string, string | number>} attributes */
function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/** Pixels as a person reads them. @param {Point} point */
export const place = ({ x, y }) => `${x.toFixed(1)}, ${y.toFixed(1)}`;

export class Overlay {
  side = 0;
  mask = new Uint8Array(0);

  /** @param {HTMLElement} frame that shows the image */
  constructor(frame) {
    this.veil = document.createElement("canvas");
    this.veil.className = "points-mask";
    this.svg = /** @type {SVGSVGElement} */ (shape("svg", { class: "points" }));
    frame.append(this.veil, this.svg);
    this.show(false);
  }

  /** @param {boolean} shown */
  show(shown) {
    this.veil.hidden = !shown;
    this.svg.toggleAttribute("hidden", !shown);
  }

  /** An image of another size: nothing is painted. @param {number} side in pixels */
  resize(side) {
    this.side = side;
    this.svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
    this.veil.width = this.veil.height = side;
    this.clearMask();
  }

  clearMask() {
    this.mask = new Uint8Array(this.side * this.side);
    this.#drawMask();
  }

  /** @param {Point} at @param {number} radius @param {0 | 1} value */
  paint(at, radius, value) {
    stamp(this.mask, this.side, at, radius, value);
    this.#drawMask();
  }

  /** The mask as the server reads it. */
  get packed() {
    return packed(this.mask);
  }

  #drawMask() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.veil.getContext("2d"));
    const image = context.createImageData(this.side || 1, this.side || 1);
    const painted = this.mask.includes(1);
    this.mask.forEach((bit, i) => (image.data[4 * i + 3] = painted && !bit ? VEIL : 0));
    context.putImageData(image, 0, 0);
  }

  /** Draw all pairs, where their handles are now, and the brush. @param {Pair[]} pairs @param {Point[]} now @param {{at: Point, radius: number} | null} brush */
  draw(pairs, now, brush) {
    const focused = /** @type {SVGElement | null} */ (
      this.svg.contains(document.activeElement) && document.activeElement
    );
    const { what, index } = focused ? focused.dataset : {};
    const { side } = this;
    const parts = pairs.flatMap(({ handle, target }, i) => {
      const from = now[i] ?? handle;
      const drawn = [this.#dot({ what: "handle", index: i }, from, `Point ${i + 1}`)];
      if (!target) return drawn;
      const path = { class: "arrow", d: arrow(from, target, side * HEAD) };
      return [
        shape("path", path),
        this.#dot({ what: "target", index: i }, target, `Target of point ${i + 1}`),
        ...drawn,
      ];
    });
    if (brush) parts.push(this.#dot({ what: "brush", index: 0 }, brush.at, "Brush; space paints", brush.radius));
    this.svg.replaceChildren(...parts);
    if (what) /** @type {any} */ (this.svg.querySelector(`[data-what="${what}"][data-index="${index}"]`))?.focus();
  }

  /** @param {Dot} dot @param {Point} at @param {string} name @param {number} radius */
  #dot({ what, index }, at, name, radius = this.side * DOT) {
    const label = `${name}, at ${place(at)}. The arrow keys move it.`;
    return shape("circle", {
      ...{ class: what, cx: at.x, cy: at.y, r: radius, tabindex: 0, role: "button", "aria-label": label },
      ...{ "data-what": what, "data-index": index },
    });
  }

  /** The dot that an event is about. @param {Event} event @returns {Dot | null} */
  dotOf({ target }) {
    const { what, index } = /** @type {SVGElement} */ (target).dataset;
    return what ? /** @type {Dot} */ ({ what, index: Number(index) }) : null;
  }

  /** A point moved by a key, in the image; null for other keys. @param {KeyboardEvent} event @param {Point} from */
  moved({ key, shiftKey }, from) {
    const step = /** @type {Record<string, number[]>} */ ({
      ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
    })[key];
    const pixels = (shiftKey ? 5 : 1) * Math.max(1, this.side / 64);
    return step ? within({ x: from.x + step[0] * pixels, y: from.y + step[1] * pixels }, this.side) : null;
  }
}
