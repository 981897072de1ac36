// Generated images of the map go to a side of a new direction, which Slide's board makes.
import { finder, say } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { gathered } from "../../web/lib/sides.js";
import { count } from "../../web/lib/text.js";

/** @typedef {import("./map.js").MapView} MapView */
/** @typedef {[import("./map_data.js").Side, number]} Point side, and row in the reference or seed */

/**
 * @typedef {object} Host
 * @property {HTMLElement} element
 * @property {Server} server
 * @property {(view?: MapView) => object} subject what is examined
 * @property {import("./atlas.js").Atlas} atlas
 */

const MOST = 64; // images on a side
const HOW = "Mark points by the plot's box or lasso, or show one class alone, to make a direction of them.";
const REAL = "a direction is made of the model's own images; Open a picture in Slide looks for a real one in the model";

export class Gather {
  /** @type {number[]} seeds that were marked, or that the filter shows */
  #seeds = [];
  /** @type {MapView | null} where they were marked; null for the first map */
  #view = null;

  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.$ = finder(finder(host.element)(".gather"));
  }

  /** Other points are marked; of none, those that a filter shows count. @param {MapView | null} view @param {Point[]} points */
  mark = (view, points) => {
    const own = points.filter(([side]) => side === "fake").map(([, seed]) => seed);
    this.#view = view;
    this.#seeds = points.length ? [...new Set(own)] : this.host.atlas.filtered;
    say(this.$("p"), told(this.#seeds.length, new Set(points.map(String)).size - new Set(own).size));
    for (const name of ["to-a", "to-b"]) this.$(`[data-do=${name}]`).disabled = !this.#seeds.length;
  };

  /** What each button does. @type {Record<string, () => unknown>} */
  actions = { "to-a": () => this.#put("from"), "to-b": () => this.#put("to") };

  /** @param {import("../../web/lib/sides.js").Side} side */
  async #put(side) {
    const rows = this.#seeds.slice(0, MOST); // seeds are in no order: the first ones are as good as any
    const { host } = this;
    const asked = host.subject(this.#view ?? host.atlas.main);
    const { recipes } = await ask(host.server.recipes_of, { ...asked, rows });
    say(this.$("p"), gathered(side, ...recipes));
  }
}

/** What is marked, in words. Pure. @param {number} own generated images @param {number} real */
export function told(own, real) {
  if (!own && !real) return HOW;
  const first = own > MOST ? `, of which the first ${MOST} are taken` : "";
  const left = real ? ` ${count(real)} real left out: ${REAL}.` : "";
  return `${count(own)} generated ${own === 1 ? "image" : "images"} marked${first}.${left}`;
}
