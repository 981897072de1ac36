// Strokes and their one short spelling, which links carry: the twin of explorer/core/translation/strokes.py. Pure.

import { base64Of } from "../../web/lib/bytes.js";

export const SPAN = 1024; // units from one edge of the paper to the other
const VERSION = 1;
export const TOOLS = { pen: 0, eraser: 1, fill: 2, mask: 3, unmask: 4 };
export const MAX_STROKES = 2000;
export const MAX_POINTS = 20000;
const MIN_STEP = 5; // units between two points of a line, so that a link stays short; a third of a pixel of 64

/**
 * @typedef {object} Stroke
 * @property {number} tool of TOOLS
 * @property {number[]} colour RGB, black for tools that have none
 * @property {number} width of a line, in units of SPAN; 0 of a fill
 * @property {number[]} points x, y, x, y ... in units of SPAN; of a fill the one where it begins
 */

/** Whether a tool has a colour. @param {number} tool */
const coloured = (tool) => tool === TOOLS.pen || tool === TOOLS.fill;

/** Strokes as text, "" for none. @param {readonly Stroke[]} strokes */
export function packed(strokes) {
  if (!strokes.length) return "";
  const data = [VERSION];
  for (const { tool, colour, width, points } of strokes) {
    number(data, tool);
    if (coloured(tool)) data.push(...colour);
    if (tool !== TOOLS.fill) {
      number(data, width);
      number(data, points.length / 2);
    }
    points.forEach((value, i) => number(data, i < 2 ? value : zigzag(value - points[i - 2])));
  }

  return base64Of(Uint8Array.from(data)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Inverse of `packed`, of what the server has looked at. @param {string} text @returns {Stroke[]} */
export function unpacked(text) {
  const data = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  let place = 1;
  const byte = () => data.charCodeAt(place++);
  const read = () => {
    let [value, shift] = [0, 0];
    for (;;) {
      const next = byte();
      value |= (next & 127) << shift;
      if (!(next >= 128)) return value; // beyond the end, too
      shift += 7;
    }
  };
  const strokes = [];
  while (place < data.length) {
    const tool = read();
    const colour = coloured(tool) ? [byte(), byte(), byte()] : [0, 0, 0];
    const [width, count] = tool === TOOLS.fill ? [0, 1] : [read(), read()];
    const points = [read(), read()];
    while (points.length < 2 * count) points.push(points[points.length - 2] + unzigzag(read()));
    strokes.push({ tool, colour, width, points });
  }
  return strokes;
}

/** A whole number in groups of 7 bits, the lowest first. @param {number[]} data @param {number} value */
function number(data, value) {
  let rest = value;
  while (rest > 127) {
    data.push((rest & 127) | 128);
    rest >>= 7;
  }
  data.push(rest);
}

/** 0, -1, 1, -2 ... -> 0, 1, 2, 3 ... @param {number} value */
const zigzag = (value) => (value >= 0 ? 2 * value : -2 * value - 1);

/** @param {number} value */
const unzigzag = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);

/** A place in an element in units of the paper, kept on it. @param {{left: number, top: number, width: number, height: number}} box @param {number} x @param {number} y of the window */
export function onPaper(box, x, y) {
  const kept = (/** @type {number} */ share) => Math.round(SPAN * Math.min(1, Math.max(0, share)));
  return [kept((x - box.left) / box.width), kept((y - box.top) / box.height)];
}

/** Go on with a line: false where the point is too near to the last to count. @param {Stroke} stroke @param {number[]} point */
export function extended({ points }, [x, y]) {
  const [lastX, lastY] = points.slice(-2);
  if (Math.hypot(x - lastX, y - lastY) < MIN_STEP) return false;
  points.push(x, y);
  return true;
}

/** How many points there are. @param {readonly Stroke[]} strokes */
export const pointsOf = (strokes) => strokes.reduce((sum, { points }) => sum + points.length / 2, 0);
