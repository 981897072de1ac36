// The charts of the run in view and of those beside it, and the table that compares them.
import { Charts } from "../../web/components/charts/charts.js";
import { finder, say, sentence } from "../../web/lib/dom.js";
import { ask, script } from "../../web/lib/rpc.js";
import { comparisonTable } from "./comparison.js";

export class Curves {
  /** @type {Promise<Charts> | null} */
  #charts = null;

  /** @param {HTMLElement} element @param {import("./state.js").State} state @param {Props} props @param {Server} server */
  constructor(element, state, props, server) {
    this.$ = finder(element);
    this.state = state;
    this.props = props;
    this.server = server;
    element.addEventListener("input", (/** @type {any} */ { target }) => {
      if (["smoothing", "log"].includes(target.dataset.field)) this.#redraw();
    });
  }

  /** Show all charts from one moment to another; null: the whole run. @param {[number, number] | null} range in kimg */
  zoom(range) {
    this.state.zoom = range;
    return this.#redraw();
  }

  /** Draw what is new, if anything is. */
  async draw() {
    const { state } = this;
    if (!state.dirty) return;
    state.dirty = false;
    try {
      await script(this.props.value.plotly);
      const [smoothing, log] = [this.$("[data-field=smoothing]").valueAsNumber, this.$("[data-field=log]").checked];
      const charts = await (this.#charts ??= this.#described());
      charts.draw(state.drawn(), { smoothing, log, zoom: state.zoom });
      await this.#compare(state.drawn().map(({ name }) => name));
    } catch (error) {
      if (!this.#charts) state.dirty = true;
      say(this.$(".message"), sentence(error), true);
    }
  }

  /** The charts that the server knows of; asked once, and again where that failed. */
  async #described() {
    try {
      const { charts } = await ask(this.server.described, {});
      return new Charts(this.$(".charts"), charts, (range) => {
        if (JSON.stringify(range) !== JSON.stringify(this.state.zoom)) this.zoom(range);
      });
    } catch (error) {
      this.#charts = null;
      throw error;
    }
  }

  #redraw() {
    this.state.dirty = true;
    return this.draw();
  }

  /** @param {string[]} names */
  async #compare(names) {
    const place = this.$(".comparison");
    place.hidden = names.length < 2;
    if (place.hidden) return;
    place.replaceChildren(comparisonTable(names, await ask(this.server.compare, { runs: names })));
  }
}
