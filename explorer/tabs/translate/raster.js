// Strokes to pixels, bit for bit as the server does it: the twin of explorer/core/translation/raster.py. Pure.
import { SPAN, TOOLS } from "./strokes.js";

const FINE = 4; // times finer than the image is the paper, up to MAX_FINE pixels a side
const MAX_FINE = 256;
const TOLERANCE = 24; // of a fill: how far a channel may be from where it begins

/** @typedef {import("./strokes.js").Stroke} Stroke */

export class Raster {
  /** @param {number} side of the image in pixels */
  constructor(side) {
    this.side = side;
    this.times = side <= MAX_FINE ? FINE : 1;
    this.count = side * this.times; // fine pixels a side
    this.step = SPAN / this.count; // units from one to the next
    /** RGBA of each fine pixel, what is seen */
    this.fine = new Uint8ClampedArray(4 * this.count ** 2).fill(255);
    /** 1 where a fine pixel is marked */
    this.mask = new Uint8Array(this.count ** 2);
    /** RGB of each of the image's pixels */
    this.image = new Uint8Array(3 * side ** 2);
    this.paper = [255, 255, 255];
  }

  /** Begin anew. @param {Uint8Array} base RGB of each pixel @param {Uint8Array | null} mask of each pixel, 255 where it is marked */
  begin(base, mask) {
    const { side, times, count } = this;
    for (let y = 0; y < count; y++) {
      const row = Math.floor(y / times) * side;
      for (let x = 0; x < count; x++) {
        const [at, from] = [y * count + x, row + Math.floor(x / times)];
        for (let c = 0; c < 3; c++) this.fine[4 * at + c] = base[3 * from + c];
        this.mask[at] = mask?.[from] ? 1 : 0;
      }
    }
  }

  /** Draw a whole stroke. @param {Stroke} stroke */
  stroke(stroke) {
    if (stroke.tool === TOOLS.fill) return this.#fill(stroke);
    const { points } = stroke;
    this.segment(stroke, 0, 0);
    for (let i = 2; i < points.length; i += 2) this.segment(stroke, i - 2, i);
  }

  /** Draw the line between two of a stroke's points, with round ends. @param {Stroke} stroke @param {number} from place of the first in `points` @param {number} to */
  segment({ tool, colour, width, points }, from, to) {
    const { count, step } = this;
    const [ax, ay, bx, by] = [points[from], points[from + 1], points[to], points[to + 1]];
    const radius = width / 2;
    const first = (/** @type {number} */ a, /** @type {number} */ b) =>
      Math.max(0, Math.floor((Math.min(a, b) - radius) / step));
    const last = (/** @type {number} */ a, /** @type {number} */ b) =>
      Math.min(count, Math.ceil((Math.max(a, b) + radius) / step));
    const touches = capsule(bx - ax, by - ay, radius);
    const put = this.#brush(tool, colour);
    for (let row = first(ay, by); row < last(ay, by); row++) {
      const y = (row + 0.5) * step - ay;
      for (let column = first(ax, bx); column < last(ax, bx); column++) {
        if (touches((column + 0.5) * step - ax, y)) put(row * count + column);
      }
    }
  }

  /** What a tool does to a fine pixel. @param {number} tool @param {number[]} colour @returns {(at: number) => void} */
  #brush(tool, colour) {
    if (tool === TOOLS.mask || tool === TOOLS.unmask) return (at) => (this.mask[at] = Number(tool === TOOLS.mask));
    const [red, green, blue] = tool === TOOLS.pen ? colour : this.paper;
    const { fine } = this;
    return (at) => {
      fine[4 * at] = red;
      fine[4 * at + 1] = green;
      fine[4 * at + 2] = blue;
    };
  }

  /** Colour what hangs together with a point, by its sides. @param {Stroke} stroke */
  #fill({ colour, points }) {
    const { fine, count, step } = this;
    const [x, y] = points.map((value) => Math.min(count - 1, Math.floor(value / step)));
    const begin = y * count + x;
    const [red, green, blue] = fine.slice(4 * begin, 4 * begin + 3);
    const seen = new Uint8Array(count ** 2);
    const alike = (/** @type {number} */ at) =>
      Math.abs(fine[4 * at] - red) <= TOLERANCE &&
      Math.abs(fine[4 * at + 1] - green) <= TOLERANCE &&
      Math.abs(fine[4 * at + 2] - blue) <= TOLERANCE;
    const todo = [begin];
    seen[begin] = 1;
    const look = (/** @type {number} */ at) => {
      if (seen[at] || !alike(at)) return;
      seen[at] = 1;
      todo.push(at);
    };
    while (todo.length) {
      const at = /** @type {number} */ (todo.pop());
      const column = at % count;
      if (column > 0) look(at - 1);
      if (column < count - 1) look(at + 1);
      if (at >= count) look(at - count);
      if (at < count * (count - 1)) look(at + count);
    }
    const put = this.#brush(TOOLS.pen, colour);
    for (let at = 0; at < seen.length; at++) if (seen[at]) put(at);
  }

  /** The image's pixels: RGB of each. @param {boolean} flat of each the middle's colour instead of the mean */
  reduced(flat) {
    const { side, times, count, fine, image } = this;
    const [area, middle] = [times * times, Math.floor(times / 2)];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [corner, at] = [y * times * count + x * times, 3 * (y * side + x)];
        for (let c = 0; c < 3; c++) {
          if (flat) {
            image[at + c] = fine[4 * (corner + middle * count + middle) + c];
            continue;
          }
          let sum = area >> 1;
          for (let i = 0; i < times; i++) for (let j = 0; j < times; j++) sum += fine[4 * (corner + i * count + j) + c];
          image[at + c] = Math.floor(sum / area);
        }
      }
    }
    return image;
  }

  /** The mask, a number a pixel: 255 where its middle is marked, else 0. */
  marked() {
    const { side, times, count, mask } = this;
    const middle = Math.floor(times / 2) * (count + 1);
    return Uint8Array.from(
      { length: side ** 2 },
      (_, i) => 255 * mask[Math.floor(i / side) * times * count + (i % side) * times + middle],
    );
  }
}

/** Whether a place, as seen from the beginning of a line, is no farther from it than a radius. The order of the sums is the server's. @param {number} dx @param {number} dy from its beginning to its end @param {number} radius */
function capsule(dx, dy, radius) {
  const [length, squared] = [dx * dx + dy * dy, radius * radius];
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    const along = x * dx + y * dy;
    if (along <= 0) return x * x + y * y <= squared;
    if (along >= length) return (x - dx) * (x - dx) + (y - dy) * (y - dy) <= squared;
    const across = x * dy - y * dx;
    return across * across <= squared * length;
  };
}
