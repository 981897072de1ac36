// The paper: what is drawn on it with a mouse, a finger, a pen or the keyboard.
import { finder } from "../../web/lib/dom.js";
import { Raster } from "./raster.js";
import { MAX_POINTS, MAX_STROKES, SPAN, TOOLS, extended, onPaper, pointsOf } from "./strokes.js";
import { inChannels, withMask } from "../../web/render/tensors.js";

const KEY_STEP = SPAN / 64;
const FAST = 4; // times as far with Shift
const MARK = [213, 94, 0]; // of the mask, over the image
/** @type {Record<string, number[]>} */
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {import("./strokes.js").Stroke} Stroke */
/** @typedef {import("./model.js").Translator} Translator */
/** @typedef {{rgb: Uint8Array, mask: Uint8Array | null}} Ground */

/**
 * @typedef {object} Host
 * @property {() => {tool: number, colour: number[], width: number}} brush what is drawn with
 * @property {() => boolean} ready
 * @property {() => void} drawn the paper has changed
 * @property {(stroke: Stroke) => void} done a stroke has ended
 * @property {(text: string) => void} say
 */

export class Easel {
  /** @type {Raster | null} */
  raster = null;
  /** @type {Stroke | null} that is being drawn */
  stroke = null;
  /** @type {readonly Stroke[]} */
  #strokes = [];
  #flat = false;
  #painting = 0; // the frame in which the paper is painted
  #pen = [SPAN / 2, SPAN / 2]; // where the keyboard's pen is

  /** @param {HTMLElement} element of the tab @param {Host} host */
  constructor(element, host) {
    const $ = finder(element);
    this.host = host;
    this.frame = $(".paper");
    this.canvas = $(".drawn");
    this.tip = $(".tip");
    this.#listen();
  }

  /** Show strokes on a ground. @param {Ground} ground @param {readonly Stroke[]} strokes @param {{side: number, flat: boolean, paper: number[]}} kind */
  show(ground, strokes, { side, flat, paper }) {
    if (this.raster?.side !== side) this.raster = new Raster(side);
    const { raster } = this;
    raster.paper = paper;
    this.#flat = flat;
    this.#strokes = strokes;
    raster.begin(ground.rgb, ground.mask);
    for (const stroke of strokes) raster.stroke(stroke);
    this.stroke = null;
    this.#paint();
  }

  /** What the network reads. @param {Translator} model @param {boolean} back */
  pixels(model, back) {
    if (!this.raster) throw new Error("There is no paper yet.");
    const rgb = this.raster.reduced(this.#flat);
    if (back) return inChannels(rgb, model.channels);
    const given = inChannels(rgb, model.givenChannels);
    return model.masked ? withMask(given, model.givenChannels, this.raster.marked()) : given;
  }

  /** Paint at the next frame, however often it is asked. */
  #paint() {
    if (this.#painting) return;
    this.#painting = requestAnimationFrame(() => {
      this.#painting = 0;
      const { raster, canvas } = this;
      if (!raster) return;
      if (canvas.width !== raster.count) canvas.width = canvas.height = raster.count;
      const image = new ImageData(raster.fine.slice(), raster.count, raster.count);
      marked(image.data, raster.mask);
      /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
    });
  }

  /** @param {number[]} point in units of the paper */
  #begin(point) {
    if (!this.raster || !this.host.ready()) return;
    if (this.#strokes.length >= MAX_STROKES || pointsOf(this.#strokes) >= MAX_POINTS) {
      return this.host.say(`The drawing is full: ${MAX_STROKES} strokes or ${MAX_POINTS} points. Undo or clear some.`);
    }
    const { tool, colour, width } = this.host.brush();
    const coloured = tool === TOOLS.pen || tool === TOOLS.fill;
    this.stroke = {
      tool,
      colour: coloured ? [...colour] : [0, 0, 0],
      width: tool === TOOLS.fill ? 0 : Math.max(1, Math.round((width * SPAN) / this.raster.side)),
      points: [...point],
    };
    this.raster.stroke(this.stroke);
    this.#changed();
    if (tool === TOOLS.fill) this.#end();
  }

  /** @param {number[]} point */
  #goOn(point) {
    const { stroke, raster } = this;
    if (!stroke || !raster || !extended(stroke, point)) return;
    raster.segment(stroke, stroke.points.length - 4, stroke.points.length - 2);
    this.#changed();
  }

  #end() {
    const { stroke } = this;
    this.stroke = null;
    if (stroke) this.host.done(stroke);
  }

  #changed() {
    this.#paint();
    this.host.drawn();
  }

  #listen() {
    const { frame } = this;
    const at = (/** @type {PointerEvent} */ { clientX, clientY }) =>
      onPaper(this.canvas.getBoundingClientRect(), clientX, clientY);
    frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button || this.stroke) return;
      frame.setPointerCapture(event.pointerId);
      this.tip.hidden = true;
      this.#begin(at(event));
    });
    frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!this.stroke || !frame.hasPointerCapture(event.pointerId)) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) this.#goOn(at(one));
    });
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, () => this.#end());
    frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event));
    frame.addEventListener("blur", () => {
      this.tip.hidden = true;
      this.#end();
    });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (step) {
      const far = KEY_STEP * (event.shiftKey ? FAST : 1);
      this.#pen = this.#pen.map((value, i) => Math.min(SPAN, Math.max(0, value + far * step[i])));
      this.#goOn(this.#pen);
    } else if (this.stroke) this.#end();
    else this.#begin(this.#pen);
    this.tip.hidden = false;
    this.tip.classList.toggle("down", Boolean(this.stroke));
    Object.assign(this.tip.style, { left: `${(100 * this.#pen[0]) / SPAN}%`, top: `${(100 * this.#pen[1]) / SPAN}%` });
  }
}

/** Tint what is marked. @param {Uint8ClampedArray} rgba @param {Uint8Array} mask of each pixel */
function marked(rgba, mask) {
  for (let i = 0; i < mask.length; i++) {
    if (mask[i]) for (let c = 0; c < 3; c++) rgba[4 * i + c] = (rgba[4 * i + c] + 2 * MARK[c]) / 3;
  }
}
