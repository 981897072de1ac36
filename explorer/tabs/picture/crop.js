// A square of a picture, moved and zoomed, parts of it rubbed out. What it draws is what is sent.

import { moved, square } from "./geometry.js";

const SENT = 256; // pixels a side, at least, of what is sent
const BRUSH = 1 / 14; // its radius, of the square's side
const STEP = 1 / 24; // of the square's side, a press of an arrow key
const LARGEST = 8; // zoom

/** @typedef {import("./geometry.js").Size} Size */
/** @typedef {import("./geometry.js").View} View */

export class Crop {
  /** @type {ImageBitmap | HTMLImageElement | HTMLVideoElement | null} */
  #image = null;
  /** @type {Size} */
  #size = { width: 1, height: 1 };
  /** @type {View} */
  view = { zoom: 1, x: 0.5, y: 0.5 };
  brush = false;
  negative = false;
  frozen = false;
  #cursor = { x: 0.5, y: 0.5 };
  #mask = document.createElement("canvas");
  #rubbed = false;

  /** @param {HTMLCanvasElement} canvas @param {() => void} changed */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    [this.#mask.width, this.#mask.height] = [canvas.width, canvas.height];
    this.#listen();
  }

  /** Another picture. @param {ImageBitmap | HTMLImageElement} image @param {Size} size */
  open(image, size) {
    this.#image = image;
    this.#size = size;
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    this.brush = this.negative = this.frozen = false;
    this.unrub();
  }

  get rubbed() {
    return this.#rubbed;
  }

  /** Nothing is rubbed out. */
  unrub() {
    this.#context(this.#mask).clearRect(0, 0, this.#mask.width, this.#mask.height);
    this.#rubbed = false;
    this.draw();
  }

  /** @param {number} zoom */
  zoom(zoom) {
    this.view = moved(this.#size, { ...this.view, zoom: Math.max(1, Math.min(LARGEST, zoom)) }, 0, 0);
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const context = this.#context(canvas);
    this.#paint(context, canvas.width);
    if (this.#rubbed) {
      context.globalAlpha = 0.75;
      context.drawImage(this.#mask, 0, 0);
      context.globalAlpha = 1;
    }
    if (this.brush && document.activeElement === canvas) this.#ring(context);
    this.changed();
  }

  /** The square as base64 of a PNG, and what was rubbed out, white on black, or null. @param {number} resolution of the model */
  sent(resolution) {
    const side = Math.max(SENT, resolution);
    const picture = this.#canvas(side);
    this.#paint(this.#context(picture), side);
    if (!this.#rubbed) return { picture: base64(picture), hidden: null };
    const hidden = this.#canvas(side);
    const context = this.#context(hidden);
    context.fillRect(0, 0, side, side);
    context.filter = "grayscale(1) brightness(10)";
    context.drawImage(this.#mask, 0, 0, side, side);
    return { picture: base64(picture), hidden: base64(hidden) };
  }

  /** @param {CanvasRenderingContext2D} context @param {number} side */
  #paint(context, side) {
    context.fillStyle = "white"; // below what is transparent
    context.fillRect(0, 0, side, side);
    if (!this.#image) return;
    const { left, top, side: from } = square(this.#size, this.view);
    context.imageSmoothingQuality = "high";
    context.filter = this.negative ? "invert(1)" : "none";
    context.drawImage(this.#image, left, top, from, from, 0, 0, side, side);
    context.filter = "none";
  }

  /** @param {CanvasRenderingContext2D} context */
  #ring(context) {
    const { width } = this.canvas;
    context.lineWidth = 3;
    for (const [colour, radius] of /** @type {[string, number][]} */ ([
      ["white", BRUSH * width],
      ["black", BRUSH * width + 3],
    ])) {
      context.strokeStyle = colour;
      context.beginPath();
      context.arc(this.#cursor.x * width, this.#cursor.y * width, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  /** Rub out a round part. @param {number} x @param {number} y of the square, from 0 to 1 */
  rub(x, y) {
    const context = this.#context(this.#mask);
    const { width } = this.#mask;
    context.fillStyle = "#f0f";
    context.beginPath();
    context.arc(x * width, y * width, BRUSH * width, 0, 2 * Math.PI);
    context.fill();
    this.#rubbed = true;
    this.draw();
  }

  #listen() {
    const { canvas } = this;
    /** @type {{x: number, y: number} | null} */
    let held = null;
    const place = (/** @type {PointerEvent} */ event) => {
      const box = canvas.getBoundingClientRect();
      return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (this.frozen) return;
      held = place(event);
      canvas.setPointerCapture(event.pointerId);
      if (this.brush) this.rub(held.x, held.y);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held || this.frozen) return;
      const now = place(event);
      if (this.brush) this.rub(now.x, now.y);
      else this.#move(held.x - now.x, held.y - now.y);
      held = now;
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (held = null));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (!this.frozen) this.zoom(this.view.zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
    });
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => this.draw());
    canvas.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    /** @type {Record<string, [number, number]>} */
    const arrows = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const zooms = /** @type {Record<string, number>} */ ({ "+": 1.1, "=": 1.1, "-": 1 / 1.1 });
    const arrow = arrows[event.key];
    const rubs = this.brush && event.key === " ";
    if (this.frozen || !(arrow || rubs || event.key in zooms)) return;
    event.preventDefault();
    if (rubs) this.rub(this.#cursor.x, this.#cursor.y);
    else if (!arrow) this.zoom(this.view.zoom * zooms[event.key]);
    else if (this.brush) {
      this.#cursor = { x: within(this.#cursor.x + arrow[0]), y: within(this.#cursor.y + arrow[1]) };
      this.draw();
    } else this.#move(arrow[0], arrow[1]);
  }

  /** @param {number} dx @param {number} dy */
  #move(dx, dy) {
    this.view = moved(this.#size, this.view, dx, dy);
    this.draw();
  }

  /** @param {number} side */
  #canvas(side) {
    return Object.assign(document.createElement("canvas"), { width: side, height: side });
  }

  /** @param {HTMLCanvasElement} canvas */
  #context(canvas) {
    return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }
}

const within = (/** @type {number} */ share) => Math.max(0, Math.min(1, share));
const base64 = (/** @type {HTMLCanvasElement} */ canvas) => canvas.toDataURL("image/png").split(",")[1];
