// What the page knows of a translator, and its recipes. Pure.
import { packed } from "./strokes.js";

/**
 * @typedef {object} Translator as `translator` of handlers.py answers
 * @property {string} name
 * @property {string} about
 * @property {number} resolution
 * @property {number} channels
 * @property {number} givenResolution
 * @property {number} givenChannels
 * @property {number} zDim
 * @property {boolean} twoWay
 * @property {boolean} masked
 * @property {number} scale
 * @property {string} kind
 * @property {[string, number[]][]} palette
 * @property {[string, number[]][]} papers
 * @property {boolean} flat
 * @property {boolean} encodes
 * @property {boolean} critic
 * @property {boolean} criticSeesGiven
 * @property {number} examples how many it carries
 */

/**
 * @typedef {object} Drawing everything that a recipe says, in the page's own form; never changed, only replaced
 * @property {string} paper colour as #f0ece2, "" for the checkpoint's own
 * @property {number | null} example
 * @property {Recipe | null} sample
 * @property {string} image base64 of a PNG
 * @property {readonly import("./strokes.js").Stroke[]} strokes
 * @property {number | null} seed
 * @property {string} z base64 of float32
 * @property {boolean} back
 */

/** @type {Drawing} */
export const EMPTY = {
  paper: "",
  example: null,
  sample: null,
  image: "",
  strokes: [],
  seed: null,
  z: "",
  back: false,
};
const GROUND = /** @type {const} */ (["paper", "example", "sample", "image", "back", "seed", "z"]);

/** The recipe as the server knows it, without what is as usual. @param {string} translator @param {Drawing} drawing */
export function recipeOf(translator, drawing) {
  /** @type {Record<string, any>} */
  const recipe = { translator };
  const usual = /** @type {Record<string, any>} */ (EMPTY);
  const all = { ...drawing, strokes: packed(drawing.strokes) };
  for (const [name, value] of Object.entries({ ...EMPTY, ...all })) {
    if (name === "strokes" ? value : value !== usual[name]) recipe[name] = value;
  }
  return recipe;
}

const LONGEST = 30_000; // characters of a query that servers and browsers take

/** The query that restores a drawing; one with a picture of one's own, or too long, has none. @param {Record<string, any>} recipe */
export function queryOf(recipe) {
  if (recipe.image) return null;
  const found = new URLSearchParams();
  for (const [key, value] of Object.entries(recipe))
    found.set(key, typeof value === "string" ? value : JSON.stringify(value));
  const query = String(found);
  return query.length > LONGEST ? null : query;
}

/** What a translator does, in a sentence. @param {Translator} model */
export function told({ masked, scale, twoWay, palette, flat, resolution, givenResolution }) {
  if (masked) return "Fills in what you brush over.";
  if (scale > 1) return `Makes a picture of ${givenResolution} pixels a side ${scale} times as large, ${resolution}.`;
  if (twoWay) return "Turns an image of one collection, A, into one of another, B, and back.";
  if (!palette.length) return "Makes an image of the image that it is given.";
  if (flat) return "Draw a map: each colour becomes that part of an image.";
  return "Draw lines in these colours, and they become an image.";
}

/** What decides what is drawn on and in which style, as text. @param {string} translator @param {Drawing} drawing */
export function groundKey(translator, drawing) {
  const covered = drawing.example !== null || drawing.sample || drawing.image; // then no paper is seen
  return JSON.stringify([translator, ...GROUND.map((name) => (covered && name === "paper" ? "" : drawing[name]))]);
}

/** Whether nothing is given: empty paper without a stroke. @param {Drawing} drawing */
export const isEmpty = ({ example, sample, image, strokes }) =>
  example === null && !sample && !image && !strokes.length;

/** Whether two states are one, for the history. @param {Drawing} a @param {Drawing} b */
export const same = (a, b) =>
  a.strokes === b.strokes && JSON.stringify({ ...a, strokes: null }) === JSON.stringify({ ...b, strokes: null });

/** @param {number[]} colour */
export const hex = (colour) => `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

/** @param {string} text */
export const rgbOf = (text) => [1, 3, 5].map((i) => Number.parseInt(text.slice(i, i + 2), 16));

/**
 * A palette by what its names have before their colon, those without one first.
 * @param {[string, number[]][]} palette
 * @returns {{title: string, colours: {name: string, colour: number[]}[]}[]}
 */
export function grouped(palette) {
  /** @type {Map<string, {name: string, colour: number[]}[]>} */
  const groups = new Map([["", []]]);
  for (const [name, colour] of palette) {
    const title = name.includes(":") ? name.slice(0, name.indexOf(":")).trim() : "";
    groups.set(title, [...(groups.get(title) ?? []), { name, colour }]);
  }
  return [...groups].filter(([, colours]) => colours.length).map(([title, colours]) => ({ title, colours }));
}

/** The nearest of some colours. @param {number[]} colour @param {number[][]} others */
export function nearest(colour, others) {
  const far = (/** @type {number[]} */ other) => other.reduce((sum, value, c) => sum + (value - colour[c]) ** 2, 0);
  return others.reduce((best, other) => (far(other) < far(best) ? other : best));
}

/** The colour that most of an image's edge has, RGB: that of its paper. @param {Uint8Array} rgb @param {number} side */
export function edgeColour(rgb, side) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let i = 0; i < side; i++) {
    for (const at of [i, (side - 1) * side + i, i * side, i * side + side - 1]) {
      const colour = (rgb[3 * at] << 16) | (rgb[3 * at + 1] << 8) | rgb[3 * at + 2];
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
  }
  const [most] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
  return [most >> 16, (most >> 8) & 255, most & 255];
}

/** The paper that an image is drawn on, as a recipe has it: the nearest of some colours, "" without any. @param {Uint8Array} rgb @param {[string, number[]][]} papers */
export function paperOf(rgb, papers) {
  if (!papers.length) return "";
  const colours = papers.map(([, colour]) => colour);
  const found = nearest(edgeColour(rgb, Math.sqrt(rgb.length / 3)), colours);
  return found === colours[0] ? "" : hex(found);
}
