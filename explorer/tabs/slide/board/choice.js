// Which directions a person has chosen, what they call them, and those they made. Pure.

/** @typedef {import("../edits.js").Layers} Layers */

/**
 * @typedef {object} Direction as `Entry` of explorer/core/directions/catalogue.py says it
 * @property {string} id as a recipe spells it
 * @property {string} title
 * @property {string} method OWN for those that people made
 * @property {Layers} layers that it is meant for
 * @property {number} low its slider's end, in strength
 * @property {number} high
 * @property {string} note
 * @property {[string, number][]} effects attributes that it changes most, in deviations a unit of strength
 * @property {number | null} impurity how much the others change by that of the first
 */

/**
 * @typedef {object} Choice
 * @property {string[] | null} chosen ids of the sliders in their order; null as long as nobody has chosen
 * @property {Record<string, string>} titles by id, where somebody gave another one
 * @property {Record<string, Layers>} layers by id, where somebody chose others
 * @property {Direction[]} own
 */

export const MAX_SHOWN = 24;
export const MAX_OWN = 100;
export const MAX_TITLE = 100; // characters
export const OWN = "own";
const OWN_END = 2; // strength; 1 is the whole way between the images that made it

/** @returns {Choice} */
export const untouched = () => ({ chosen: null, titles: {}, layers: {}, own: [] });

/** A direction that a person made. @param {string} id @param {string} title @param {Partial<Direction>} [more] @returns {Direction} */
export const made = (id, title, more = {}) => ({
  ...{ method: OWN, layers: [0, null], low: -OWN_END, high: OWN_END, note: "", effects: [], impurity: null },
  ...more,
  ...{ id, title: title.slice(0, MAX_TITLE) },
});

/** All that there are, own ones first, each with the title that it goes by. @param {Direction[]} found @param {Choice} choice */
export const listOf = (found, { own, titles }) =>
  [...own, ...found].map((one) => (titles[one.id] ? { ...one, title: titles[one.id] } : one));

/** Ids on the board: those chosen that there are, else the first ones. @param {Direction[]} list @param {Choice} choice @param {string[]} first */
export function shownOf(list, { chosen }, first) {
  const there = new Set(list.map(({ id }) => id));
  return (chosen ?? first).filter((id) => there.has(id)).slice(0, MAX_SHOWN);
}

/** The ids with one more at the end, or right after another; the same where it is there, or where they are full. @param {string[]} ids @param {string} id @param {string} [after] */
export function withId(ids, id, after) {
  if (ids.includes(id) || ids.length >= MAX_SHOWN) return ids;
  const at = after === undefined ? -1 : ids.indexOf(after);
  return at < 0 ? [...ids, id] : ids.toSpliced(at + 1, 0, id);
}

/** The ids with one moved so many places down. @param {string[]} ids @param {string} id @param {number} step */
export function movedId(ids, id, step) {
  const at = ids.indexOf(id);
  const to = at + step;
  if (at < 0 || to < 0 || to >= ids.length) return ids;
  return ids.toSpliced(at, 1).toSpliced(to, 0, id);
}

/** With another title; an empty one gives back the first. @param {Choice} choice @param {string} id @param {string} title @returns {Choice} */
export function renamed(choice, id, title) {
  const text = title.trim().slice(0, MAX_TITLE);
  if (choice.own.some((one) => one.id === id)) {
    if (!text) return choice;
    return { ...choice, own: choice.own.map((one) => (one.id === id ? { ...one, title: text } : one)) };
  }
  const titles = without(choice.titles, id);
  return { ...choice, titles: text ? { ...titles, [id]: text } : titles };
}

/** With one more of a person's own; throws a sentence where there are too many. @param {Choice} choice @param {Direction} direction @returns {Choice} */
export function withOwn(choice, direction) {
  if (choice.own.some(({ id }) => id === direction.id)) return choice;
  if (choice.own.length >= MAX_OWN) {
    throw new Error(`There are ${MAX_OWN} directions of your own already. Export them, then delete some.`);
  }
  return { ...choice, own: [...choice.own, direction] };
}

/** Without one of a person's own. @param {Choice} choice @param {string} id @returns {Choice} */
export const withoutOwn = (choice, id) => ({
  ...choice,
  own: choice.own.filter((one) => one.id !== id),
  chosen: choice.chosen && choice.chosen.filter((one) => one !== id),
});

/** Whether a direction takes the layers that the board is set to. @param {Direction} direction @param {Choice} choice */
export const followsBoard = ({ id, layers: [first, last] }, { layers }) => !layers[id] && first === 0 && last === null;

/** Layers that a slider acts on. @param {Direction} direction @param {Choice} choice @param {Layers} board those that the board is set to @returns {Layers} */
export const layersOf = (direction, choice, board) =>
  followsBoard(direction, choice) ? board : (choice.layers[direction.id] ?? direction.layers);

/** Those that hold every word of a text, in title, method, effects or note. @param {Direction[]} list @param {string} text @param {Record<string, string>} methods titles by name */
export function searched(list, text, methods) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter(({ title, method, effects, note }) => {
    const all = [title, method, methods[method] ?? "", note, ...effects.map(([name]) => name)].join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Words to search for that find something: an attribute where some have been measured, then methods. @param {Direction[]} list @param {Record<string, string>} methods titles by name */
export function searchWords(list, methods) {
  const attribute = list.find(({ effects }) => effects.length)?.effects[0][0].split("=")[0];
  const kinds = list.map(({ method }) => (methods[method] ?? method).split(" (")[0]);
  return [...new Set([attribute, ...kinds])].filter(Boolean).slice(0, 3).join(", ");
}

/** A title that is not taken: `hair: long`, then `hair: long (2)`. @param {string} title @param {string[]} taken */
export function fresh(title, taken) {
  let found = title;
  for (let n = 2; taken.includes(found); n++) found = `${title} (${n})`;
  return found;
}

/** What a direction is called where its method does not stand beside it: a number alone says nothing. @param {Direction} direction @param {Record<string, string>} methods titles by name */
export const fullName = ({ title, method }, methods) =>
  /^(\d|layer \d)/.test(title) ? `${(methods[method] ?? method).split(" (")[0]} ${title}` : title;

/** Whether a strength leads beyond a slider's ends. @param {Direction} direction @param {number} strength */
export const isBeyond = ({ low, high }, strength) => strength < low - 1e-9 || strength > high + 1e-9;

/** Where on its slider a strength lies, 0 to 1. @param {Direction} direction @param {number} strength */
export const shareOf = ({ low, high }, strength) => Math.max(0, Math.min(1, (strength - low) / (high - low)));

/** A record without one key. @template T @param {Record<string, T>} record @param {string} key @returns {Record<string, T>} */
export const without = (record, key) => Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
