// The sliders of the board, by the ids of their directions.
import { Row } from "./row.js";

/** @typedef {import("./choice.js").Direction} Direction */

export class Sliders {
  /** @type {Map<string, Row>} in the board's order */
  rows = new Map();

  /** @param {HTMLElement} list @param {import("./row.js").On} on */
  constructor(list, on) {
    this.list = list;
    this.on = on;
  }

  /** A slider for each direction; those that stay as they are keep their images. @param {Direction[]} directions @param {Record<string, string>} methods titles by name @param {(direction: Direction) => string} nameOf */
  lay(directions, methods, nameOf) {
    const old = this.rows;
    this.rows = new Map(
      directions.map((one) => {
        const row = new Row(one, methods[one.method] ?? one.method, nameOf(one), this.on);
        const kept = old.get(one.id);
        if (kept?.key === row.key) return [one.id, kept];
        if (kept?.ends[0].src) row.showEnds({ low: kept.ends[0].src, high: kept.ends[1].src });
        return [one.id, row];
      }),
    );
    this.list.replaceChildren(...[...this.rows.values()].map(({ element }) => element));
  }

  /** Begin anew: another model has other images at the ends. */
  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  /** @param {(id: string) => number} strengthOf @param {(id: string) => string} othersOf all of the recipe but one slider */
  showAll(strengthOf, othersOf) {
    for (const [id, row] of this.rows) {
      row.show(strengthOf(id));
      row.beside(othersOf(id));
    }
  }

  /** The row that an element lies in. @param {EventTarget | null} target @returns {Row | undefined} */
  rowOf(target) {
    const element = target instanceof Element ? target.closest(".slider") : null;
    return element ? [...this.rows.values()].find((row) => row.element === element) : undefined;
  }
}
