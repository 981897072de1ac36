// A scatter plot of real and generated images: one checkpoint's, which may stand beside another's in the same axes.
import { layout, traces } from "./map_data.js";

/** @typedef {import("./map_data.js").MapData} MapData */
/** @typedef {import("./map_data.js").Side} Side */

const BUTTONS = ["autoScale2d"]; // of Plotly's that are of no use here

/** @type {string | undefined} */
let type;

/** Plotly's kind of trace: on the graphics processor where there is WebGL. */
function traceType() {
  type ||= document.createElement("canvas").getContext("webgl") ? "scattergl" : "scatter";
  return type;
}

/** Colours of the theme, as an element has them. @param {Element} element */
function coloursOf(element) {
  const css = getComputedStyle(element);
  const named = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const [real, fake] = [named("--real"), named("--fake")];
  const [ink, dim] = [named("--body-text-color"), named("--body-text-color-subdued")];
  const scale = ["--score-low", "--score-mid", "--score-high"].map(named);
  return { real, fake, ink, dim, line: named("--border-color-primary"), scale };
}

/** What is drawn of one checkpoint. `result`: the newest answer, `map`: its points. */
export class MapView {
  /** @type {any} */
  result = null;
  /** @type {MapData | null} */
  map = null;
  #listening = null;

  /**
   * @param {any} plot the element that Plotly draws in
   * @param {() => string} name of the checkpoint
   * @param {{hover: (view: MapView, side: Side, row: number, event: MouseEvent) => void, leave: () => void, pick: (view: MapView, side: Side, row: number) => void, mark: (view: MapView, points: [Side, number][]) => void}} on
   */
  constructor(plot, name, on) {
    this.plot = plot;
    this.name = name;
    this.on = on;
  }

  /** @param {import("./map_data.js").Look} look @param {MapData[]} shared maps that share the axes */
  draw(look, shared) {
    const { plot, map } = this;
    if (!map || !window.Plotly) return;
    const colours = coloursOf(plot);
    const data = traces(map, look, colours, traceType());
    plot.data?.forEach((/** @type {any} */ old, /** @type {number} */ i) => {
      if (data[i]) data[i].visible = old.visible ?? true; // as a person left it in the legend
    });
    const revision = `${this.name()} ${map.method} ${Boolean(shared.length)}`;
    const config = { responsive: true, scrollZoom: true, displaylogo: false, modeBarButtonsToRemove: BUTTONS };
    window.Plotly.react(plot, data, layout(map, colours, shared, revision, look.byScore), config);
    this.#listen();
    plot.dataset.points = data[0].x.length + data[1].x.length;
    window.Plotly.Plots.resize(plot); // the room may have changed
  }

  clear() {
    this.result = this.map = null;
    if (window.Plotly) window.Plotly.purge(this.plot);
  }

  /** Plotly forgets nothing on `react`, so its events are attached once; `purge` makes it forget. */
  #listen() {
    const { plot } = this;
    if (this.#listening === plot.on) return;
    this.#listening = plot.on;
    plot.on("plotly_hover", (/** @type {any} */ { points: [point], event }) => {
      const [side, row] = point.customdata;
      this.on.hover(this, side, row, event);
    });
    plot.on("plotly_unhover", () => this.on.leave());
    plot.on("plotly_selected", (/** @type {any} */ marked) => {
      const points = marked?.points ?? [];
      this.on.mark(
        this,
        points.map((/** @type {any} */ { customdata }) => customdata),
      );
    });
    plot.on("plotly_deselect", () => this.on.mark(this, []));
    plot.on("plotly_click", (/** @type {any} */ { points: [point] }) => {
      const [side, row] = point.customdata;
      this.on.pick(this, side, row);
    });
  }
}
