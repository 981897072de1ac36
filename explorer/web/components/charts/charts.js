// Curves of one run or several, as a grid of small Plotly charts that keep their zoom.
import { make } from "../../lib/dom.js";
import { layout, traces } from "./figure.js";

/** @typedef {import("./figure.js").Chart} Chart */
/** @typedef {import("./figure.js").Run} Run */
/** @typedef {import("./figure.js").Options} Options */

export class Charts {
  /** @type {WeakSet<Element>} */
  #heard = new WeakSet();

  /**
   * @param {HTMLElement} container which gets a place for each chart
   * @param {Chart[]} charts in their order
   * @param {(range: [number, number] | null) => void} zoomed called with [from, to] in kimg when somebody zooms in one
   */
  constructor(container, charts, zoomed) {
    this.charts = charts;
    this.zoomed = zoomed;
    this.plots = charts.map(({ title }) => make("div", { role: "img", ariaLabel: title }));
    const captions = charts.map(({ title }) => make("figcaption", { textContent: title }));
    container.replaceChildren(...this.plots.map((plot, i) => make("figure", {}, captions[i], plot)));
  }

  /** Draw or redraw. @param {Run[]} runs @param {Options} options */
  draw(runs, options) {
    this.charts.forEach((chart, i) => {
      const plot = /** @type {any} */ (this.plots[i]);
      const data = traces(chart, runs, options);
      plot.parentElement.hidden = !data.length;
      if (!data.length) return;
      const config = { responsive: true, displayModeBar: false, doubleClick: "reset" };
      window.Plotly.react(plot, data, layout(chart, runs, options), config);
      this.#listen(plot);
    });
  }

  /** @param {any} plot */
  #listen(plot) {
    if (this.#heard.has(plot)) return;
    this.#heard.add(plot);
    plot.on("plotly_relayout", (/** @type {any} */ change) => {
      if ("xaxis.range[0]" in change || "xaxis.range" in change) this.zoomed(plot.layout.xaxis.range.slice());
      else if (change["xaxis.autorange"]) this.zoomed(null);
    });
  }
}
