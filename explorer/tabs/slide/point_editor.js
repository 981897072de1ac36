// The points that a person sets on the image, and the region that they paint: by hand, by finger or by keys.
import { Overlay } from "./overlay.js";
import { distance, MAX_PAIRS, pointAt } from "./points.js";

/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./overlay.js").Dot} Dot */
/** @typedef {{shown: () => unknown, refuse: (sentence: string) => unknown}} On after each change; why something is not done */

const BRUSH = 1 / 10; // radius, of the image's side
const CLICK = 1 / 60; // a shorter way of the hand is a click
const PAINTS = [" ", "Enter"];
const REMOVES = ["Delete", "Backspace"];

export class PointEditor {
  /** @type {import("./points.js").Pair[]} */
  pairs = [];
  /** @type {Point[]} where the handles are, once they have moved */
  now = [];
  locked = false; // while the points move
  mode = ""; // "brush" or "erase" while a region is painted
  /** @type {Point} */
  brush = { x: 0, y: 0 };
  /** @type {{from: Point, move: (at: Point) => void, moved: boolean} | null} */
  #hand = null;

  /** @param {HTMLElement} frame that shows the image @param {On} on */
  constructor(frame, on) {
    this.on = on;
    this.overlay = new Overlay(frame);
    this.#listen(this.overlay.svg);
  }

  /** An image of another model: no points, no region. @param {number} side in pixels */
  reset(side) {
    this.overlay.resize(side);
    this.brush = { x: side / 2, y: side / 2 };
    this.mode = "";
    this.clear();
  }

  clear() {
    if (this.locked) return;
    this.pairs = [];
    this.now = [];
    this.draw();
  }

  /** A pair of points. @param {number} index */
  remove(index) {
    if (this.locked) return;
    this.pairs.splice(index, 1);
    this.now = [];
    this.draw();
  }

  /** A point in the middle with a target above it, to be moved by keys. */
  add() {
    const middle = this.overlay.side / 2;
    if (!this.#put({ x: middle, y: middle })) return;
    this.pairs[this.pairs.length - 1].target = { x: middle, y: middle - this.overlay.side / 10 };
    this.draw();
    /** @type {any} */ (this.overlay.svg.querySelector(`.handle[data-index="${this.pairs.length - 1}"]`))?.focus();
  }

  /** A new handle. False where there are too many. @param {Point} at */
  #put(at) {
    if (this.locked) return false;
    this.now = [];
    if (this.pairs.length >= MAX_PAIRS) {
      this.on.refuse(`At most ${MAX_PAIRS} points can be dragged at once. Remove one first.`);
      return false;
    }
    this.pairs.push({ handle: at, target: null });
    return true;
  }

  /** Paint a region, or go back to points where that was on. @param {"brush" | "erase"} mode */
  paintWith(mode) {
    this.mode = this.mode === mode ? "" : mode;
    this.draw();
  }

  /** @param {SVGSVGElement} svg */
  #listen(svg) {
    svg.addEventListener("pointerdown", (event) => this.#take(event));
    svg.addEventListener("pointermove", (event) => this.#follow(event));
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => (this.#hand = null));
    svg.addEventListener("dblclick", (event) => event.stopPropagation());
    svg.addEventListener("keydown", (event) => this.#key(event));
    svg.addEventListener("keyup", (event) => event.stopPropagation());
  }

  /** @param {PointerEvent} event */
  #at({ clientX, clientY }) {
    return pointAt(this.overlay.svg.getBoundingClientRect(), clientX, clientY, this.overlay.side);
  }

  /** @param {PointerEvent} event */
  #take(event) {
    event.stopPropagation(); // the pad below would move along directions
    if (event.button || this.locked) return;
    const at = this.#at(event);
    const move = this.#mover(this.overlay.dotOf(event), at);
    this.overlay.svg.setPointerCapture(event.pointerId);
    this.#hand = move && { from: at, move, moved: false };
    this.draw();
  }

  /** What a hand that came down does as it moves; what it does at once is done. @param {Dot | null} dot @param {Point} at */
  #mover(dot, at) {
    if (this.mode) {
      this.#stroke(at);
      return (/** @type {Point} */ to) => this.#stroke(to);
    }
    this.now = [];
    if (dot) return (/** @type {Point} */ to) => this.#moveDot(dot, to);
    let pair = this.pairs.find(({ target }) => !target);
    if (pair) pair.target = at;
    else if (this.#put(at)) pair = this.pairs[this.pairs.length - 1];
    const found = pair;
    return found ? (/** @type {Point} */ to) => (found.target = to) : null;
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    const hand = this.#hand;
    if (!hand) return;
    const at = this.#at(event);
    hand.moved ||= distance(at, hand.from) > this.overlay.side * CLICK;
    if (!hand.moved) return;
    hand.move(at);
    this.draw();
  }

  /** @param {Point} at */
  #stroke(at) {
    this.brush = at;
    this.overlay.paint(at, this.overlay.side * BRUSH, this.mode === "brush" ? 1 : 0);
  }

  /** @param {Dot} dot @param {Point} to */
  #moveDot({ what, index }, to) {
    if (what === "brush") this.brush = to;
    else this.pairs[index][what] = to;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const dot = this.overlay.dotOf(event);
    if (!dot || event.ctrlKey || event.metaKey) return;
    event.stopPropagation();
    if (this.locked || !this.#pressed(dot, event)) return;
    event.preventDefault();
    this.now = [];
    this.draw();
  }

  /** Do what a key does to a dot. Whether it does anything. @param {Dot} dot @param {KeyboardEvent} event */
  #pressed(dot, event) {
    const to = this.overlay.moved(event, this.#place(dot));
    if (to) this.#moveDot(dot, to);
    else if (dot.what === "brush" && PAINTS.includes(event.key)) this.#stroke(this.brush);
    else if (dot.what !== "brush" && REMOVES.includes(event.key)) this.remove(dot.index);
    else return false;
    return true;
  }

  /** @param {Dot} dot */
  #place({ what, index }) {
    return what === "brush" ? this.brush : /** @type {Point} */ (this.pairs[index][what]);
  }

  /** The points have come to other places, in the image that is shown now. @param {[number, number][]} places */
  handlesAt(places) {
    places.forEach(([x, y], i) => (this.pairs[i].handle = { x, y }));
    this.now = [];
    this.draw();
  }

  /** Show everything as it is. */
  draw() {
    const brush = this.mode ? { at: this.brush, radius: this.overlay.side * BRUSH } : null;
    this.overlay.draw(this.pairs, this.now, brush);
    this.on.shown();
  }
}
