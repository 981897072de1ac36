// The image as a pad: a drag moves along two directions at once; so do the arrow keys, and the wheel along one.
import { finder, offer } from "../../web/lib/dom.js";
import { debounced } from "../../web/lib/timing.js";

const PER_SIDE = 4; // deviations of w from one edge of the image to the other
const KEY_STEP = 0.1;
const FAST = 5; // times as far with Shift
const CLICK = 3; // pixels; a shorter drag is a click
const WHEEL_REST = 300; // ms until the wheel counts as let go
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @typedef {object} Host
 * @property {() => boolean} ready whether there is a recipe to move
 * @property {(id: string) => number} strengthOf of a direction, by its id
 * @property {(id: string, strength: number) => void} move
 * @property {() => void} rest
 */

export class Pad {
  /** @type {{x: number, y: number, from: number[], moved: boolean} | null} */
  #drag = null;
  /** @type {string[]} ids of the sliders' directions, in their order */
  #ids = [];

  /** @param {HTMLElement} element of the tab @param {Host} host */
  constructor(element, host) {
    this.$ = finder(element);
    this.host = host;
    this.frame = this.$(".frame");
    this.selects = [this.$("[data-field=across]"), this.$("[data-field=along]")];
    this.#listen();
  }

  /** Other sliders to choose from: those that were chosen stay, if they are there. @param {[string, string][]} named ids and names */
  offer(named) {
    const before = this.axes;
    this.#ids = named.map(([id]) => id);
    this.selects.forEach((select, i) => {
      offer(
        select,
        named.map(([, name], at) => [at, name]),
      );
      const kept = this.#ids.indexOf(before[i]);
      select.value = String(kept < 0 ? Math.min(i, named.length - 1) : kept);
    });
  }

  /** Ids of the directions across and along. */
  get axes() {
    return this.selects.map((select) => this.#ids[Number(select.value)]);
  }

  /** @param {number[]} strengths of the two directions */
  #move(strengths) {
    this.axes.forEach((axis, i) => this.host.move(axis, strengths[i]));
  }

  /** @param {number[]} step of the two directions */
  #step(step) {
    this.#move(this.axes.map((axis, i) => this.host.strengthOf(axis) + step[i]));
  }

  #toZero() {
    if (!this.host.ready()) return;
    this.#move([0, 0]);
    this.host.rest();
  }

  #listen() {
    const { frame, host } = this;
    frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#startDrag(event));
    frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#follow(event));
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, () => this.#end());
    frame.addEventListener("dblclick", () => this.#toZero());
    frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event));
    frame.addEventListener("keyup", (/** @type {KeyboardEvent} */ { key }) => {
      if (key.startsWith("Arrow") && host.ready()) host.rest();
    });
    const wheelRest = debounced(() => host.rest(), WHEEL_REST);
    const wheel = (/** @type {WheelEvent} */ event) => {
      if (document.activeElement !== frame || !host.ready()) return; // else the page scrolls
      event.preventDefault();
      this.#step([-Math.sign(event.deltaY) * KEY_STEP, 0]);
      wheelRest();
    };
    frame.addEventListener("wheel", wheel, { passive: false });
  }

  /** @param {PointerEvent} event */
  #startDrag(event) {
    if (!this.host.ready() || event.button) return;
    const from = this.axes.map((axis) => this.host.strengthOf(axis));
    this.#drag = { x: event.clientX, y: event.clientY, from, moved: false };
    this.frame.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #follow({ clientX, clientY }) {
    const drag = this.#drag;
    if (!drag) return;
    const side = this.frame.clientWidth;
    const [dx, dy] = [clientX - drag.x, drag.y - clientY];
    drag.moved ||= Math.hypot(dx, dy) > CLICK;
    if (drag.moved) this.#move([drag.from[0] + (PER_SIDE * dx) / side, drag.from[1] + (PER_SIDE * dy) / side]);
  }

  #end() {
    if (this.#drag?.moved) this.host.rest();
    this.#drag = null;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.host.ready() || event.ctrlKey || event.metaKey) return;
    if (event.key === "Delete" || event.key === "Backspace") this.#toZero();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const size = KEY_STEP * (event.shiftKey ? FAST : 1);
    this.#step(step.map((sign) => sign * size));
  }
}
