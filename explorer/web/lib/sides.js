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

  /** One more image; those of another checkpoint give way. False where the side is full. @param {Side} side @param {Recipe} recipe */
  add(side, recipe) {
    const other = Object.values(this.images).flat()[0];
    if (other && other.checkpoint !== recipe.checkpoint) this.images = { from: [], to: [] };
    if (this.images[side].length >= MOST) return false;
    this.#set({ ...this.images, [side]: [...this.images[side], recipe] });
    return true;
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

/** Of the whole page: Sample adds, Slide makes directions of them. */
export const sides = new Sides();
