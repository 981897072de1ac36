// The map of a checkpoint, and one that may stand beside it in the same axes.
import { finder, make } from "../../web/lib/dom.js";
import { script } from "../../web/lib/rpc.js";
import { MapView } from "./map.js";
import { chosen, decoded, scoreOf } from "./map_data.js";
import { comparison } from "./tables.js";

/** @typedef {import("./map_data.js").Side} Side */
/** @typedef {import("./map_data.js").MapData} MapData */

const SHARED = "PCA"; // the one plane that two checkpoints can share

export class Atlas {
  /** @type {import("./map_data.js").Filter} */
  #filter = null;
  #byScore = false;
  #hovered = "";

  /**
   * @param {HTMLElement} element
   * @param {Props} props
   * @param {{hover: (view: MapView, side: Side, row: number) => Promise<string | undefined>, pick: (view: MapView, side: Side, row: number) => void, mark: (view: MapView | null, points: [Side, number][]) => void}} on
   *   hover: the address of a point's image
   */
  constructor(element, props, on) {
    this.element = element;
    this.props = props;
    this.on = on;
    this.$ = finder(element);
    const handlers = { hover: this.#hover.bind(this), leave: () => this.leave(), pick: on.pick, mark: on.mark };
    this.main = new MapView(this.$(".plot"), () => props.value.checkpoint, handlers);
    this.twin = new MapView(this.$(".twin"), () => this.$("[data-field=beside]").value, handlers);
  }

  /** Draw another map of the checkpoint. @param {any} encoded */
  async show(encoded) {
    await script(this.props.value.plotly);
    this.main.map = decoded(encoded);
    this.#offerFilters(this.main.map);
    this.#offerColours(this.main.map);
    this.paint();
  }

  /** Draw the other checkpoint beside it, and both in one table. @param {any} answer of the server's `diagnose` */
  besides(answer) {
    const { main, twin } = this;
    twin.result = answer;
    twin.map = decoded(answer.map);
    if (main.map?.method !== SHARED) main.map = decoded(main.result.map);
    this.$("[data-field=method]").value = SHARED;
    this.element.classList.add("comparing");
    this.$(".second").hidden = this.$(".versus").hidden = false;
    this.#title(main.name(), twin.name());
    this.$(".versus").replaceChildren(...comparison([main, twin]));
    this.paint();
  }

  /** One checkpoint alone again. */
  apart() {
    if (!this.element.classList.contains("comparing")) return;
    this.element.classList.remove("comparing");
    this.$(".second").hidden = this.$(".versus").hidden = true;
    this.#title("", "");
    this.twin.clear();
    this.paint();
  }

  /** Choose nothing beside it. */
  alone() {
    this.$("[data-field=beside]").value = "";
    this.apart();
  }

  clear() {
    this.apart();
    this.main.clear();
    this.on.mark(null, []);
  }

  paint() {
    const { main, twin } = this;
    const shared = main.map && twin.map ? [main.map, twin.map] : [];
    const byScore = this.#byScore && Boolean(main.map?.scores);
    main.draw({ filter: this.#filter, byScore }, shared);
    twin.draw({ filter: this.#filter, byScore: false }, shared); // another critic's scores do not compare
    if (main.map) this.$(".method").textContent = this.#told(main.map, byScore);
  }

  /** What the map shows, in words. @param {MapData} map @param {boolean} byScore */
  #told(map, byScore) {
    const method = this.props.value.methods[map.method] || "";
    const alone = byScore && this.twin.map ? "Scores of two critics do not compare: only this model's are shown." : "";
    return [method, byScore || !map.scores ? map.unscored : "", alone].filter(Boolean).join(" ");
  }

  /** Colour by the critic's score, or by side. @param {string} value "critic" or "" */
  colourBy(value) {
    this.#byScore = value === "critic";
    this.paint();
  }

  /** Show one class only. @param {string} value attribute:class by number, "" for all */
  filter(value) {
    const [attribute, which] = value.split(":").map(Number);
    this.#filter = value ? [attribute, which] : null;
    this.paint();
    this.on.mark(null, []);
  }

  /** Rows of the generated points that the filter lets through; none where it lets all. */
  get filtered() {
    const { map } = this.main;
    return map && this.#filter ? chosen(map, "fake", this.#filter) : [];
  }

  leave() {
    this.$(".tip").hidden = true;
  }

  /** @param {...string} names */
  #title(...names) {
    [...this.element.querySelectorAll(".who")].forEach((title, i) => (title.textContent = names[i]));
  }

  /** @param {MapData} map */
  #offerFilters({ attributes }) {
    const select = this.$("[data-field=filter]");
    const wanted = JSON.stringify(attributes.map((attribute) => [attribute.name, attribute.values]));
    if (select.dataset.offered === wanted) return;
    select.dataset.offered = wanted;
    this.#filter = null;
    const groups = attributes.map(({ name, values }, i) => {
      const options = values.map((value, j) => make("option", { value: `${i}:${j}`, textContent: value }));
      return make("optgroup", { label: name }, ...options);
    });
    select.replaceChildren(make("option", { value: "", textContent: "all classes" }), ...groups);
  }

  /** @param {MapData} map */
  #offerColours({ scores, unscored }) {
    this.$(".colours").hidden = !scores;
    this.$(".colourless").hidden = Boolean(scores || unscored); // which says why a critic has no scores
  }

  /** Show the image of the point under the pointer. @param {MapView} view @param {Side} side @param {number} row @param {MouseEvent} event */
  async #hover(view, side, row, event) {
    const mine = (this.#hovered = `${view.name()} ${side} ${row}`);
    const uri = await this.on.hover(view, side, row);
    if (!uri || this.#hovered !== mine) return;
    const tip = this.$(".tip");
    const box = this.$(".diagnosis").getBoundingClientRect();
    tip.querySelector("img").src = uri;
    const score = view.map && scoreOf(view.map, side, row);
    const rated = typeof score !== "number" ? "" : `\ncritic ${score.toPrecision(3)}`;
    tip.querySelector("span").textContent = `${side === "real" ? "real" : `seed ${row}`}${rated}`;
    tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - 110)}px`;
    tip.style.top = `${event.clientY - box.top - 50}px`;
    tip.hidden = false;
  }
}
