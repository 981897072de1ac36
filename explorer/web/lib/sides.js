// Images that a person gathers for a new direction: it leads from the mean of one side to that of the other.

/** @typedef {"from" | "to"} Side */

const MOST = 64; // images on a side

export class Sides {
  /** @type {Record<Side, Recipe[]>} */
  images = { from: [], to: [] };
  /** @type {(() => void)[]} */
  #listeners = [];

  /** Call `work` at every change. @param {() => void} work */
  watch(work) {
    this.#listeners.push(work);
  }

  /** More images, each once; those of another checkpoint give way. How many found no place. @param {Side} side @param {...Recipe} recipes */
  add(side, ...recipes) {
    const other = Object.values(this.images).flat()[0];
    if (other && recipes.length && other.checkpoint !== recipes[0].checkpoint) this.images = { from: [], to: [] };
    const there = new Map([...this.images[side], ...recipes].map((recipe) => [JSON.stringify(recipe), recipe]));
    const all = [...there.values()];
    this.#set({ ...this.images, [side]: all.slice(0, MOST) });
    return Math.max(0, all.length - MOST);
  }

  /** @param {Side} side @param {number} index */
  remove(side, index) {
    this.#set({ ...this.images, [side]: this.images[side].toSpliced(index, 1) });
  }

  clear() {
    this.#set({ from: [], to: [] });
  }

  /** @param {Record<Side, Recipe[]>} images */
  #set(images) {
    this.images = images;
    for (const work of this.#listeners) work();
  }
}

/** What a side is called. @param {Side} side */
export const letterOf = (side) => (side === "from" ? "A" : "B");

/** Of the whole page: Sample, the map and searches for a picture add, Slide makes directions of them. */
export const sides = new Sides();

/** Put images on a side, and say how many it has now. Throws a sentence where it is full. @param {Side} side @param {...Recipe} recipes */
export function gathered(side, ...recipes) {
  const left = sides.add(side, ...recipes);
  if (left === recipes.length) throw new Error(`Side ${letterOf(side)} is full: it has ${MOST} images.`);
  const { length } = sides.images[side];
  const has = `Side ${letterOf(side)} has ${length} ${length === 1 ? "image" : "images"}${left ? `; ${left} found no place` : ""}.`;
  return `${has} In Slide, Choose directions, New direction makes one of them.`;
}
