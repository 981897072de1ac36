// What can be undone. Pure.

const LONGEST = 200;

/**
 * States in the order they were made, and our place in them.
 * @template T
 */
export class History {
  /** @type {T[]} */
  items = [];
  at = -1;

  /** @param {(a: T, b: T) => boolean} same whether two states are one */
  constructor(same) {
    this.same = same;
  }

  /** Begin anew, with one state that cannot be undone. @param {...T} items */
  reset(...items) {
    this.items = items;
    this.at = items.length - 1;
  }

  /** Add a state after the present one, unless it is the same; what was undone is forgotten. @param {T} item */
  commit(item) {
    if (this.at >= 0 && this.same(this.items[this.at], item)) return;
    this.items = [...this.items.slice(0, this.at + 1), item].slice(-LONGEST);
    this.at = this.items.length - 1;
  }

  /** The state so many steps on, which becomes the present one; undefined where there is none. @param {number} step */
  go(step) {
    const place = this.at + step;
    if (place < 0 || place >= this.items.length) return undefined;
    this.at = place;
    return this.items[place];
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.items.length - 1;
  }
}
