// The table of runs: which one to watch, which to lay beside it.
import { finder, make } from "../../web/lib/dom.js";
import { kimg } from "../../web/lib/text.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Entry} Entry */

export class RunList {
  /** @type {Map<string, HTMLTableRowElement>} a run's line is changed in place: somebody may be about to press it */
  #rows = new Map();

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {{watch: (name: string) => void, compare: (name: string, on: boolean) => void}} on what a person chooses
   */
  constructor(element, state, on) {
    this.$ = finder(element);
    this.state = state;
    this.on = on;
  }

  show() {
    const { list } = this.state;
    this.$(".none").hidden = list.length > 0;
    this.$("table").hidden = !list.length;
    this.$(".one").hidden = !list.length;
    const lines = list.map((entry) => this.#update(entry));
    const body = this.$(".runs tbody");
    const same = body.children.length === lines.length && lines.every((line, i) => body.children[i] === line);
    if (!same) body.replaceChildren(...lines);
  }

  /** @param {string} name */
  #row(name) {
    const choose = make("input", { type: "radio", name: "explorer-run", ariaLabel: `Watch ${name}` });
    choose.onchange = () => this.on.watch(name);
    const beside = make("input", { type: "checkbox", ariaLabel: `Compare ${name}` });
    beside.onchange = () => this.on.compare(name, beside.checked);
    const cells = [
      [choose],
      [beside],
      [make("b", { textContent: name }), make("small")],
      [make("i"), make("span")],
      [],
      [],
    ];
    const line = make("tr", {}, ...cells.map((children) => make("td", {}, ...children)));
    line.dataset.name = name;
    line.addEventListener("click", ({ target }) => target instanceof HTMLInputElement || this.on.watch(name));
    this.#rows.set(name, line);
    return line;
  }

  /** @param {Entry} entry */
  #update(entry) {
    const line = this.#rows.get(entry.name) || this.#row(entry.name);
    const watched = entry.name === this.state.watched;
    const [choose, beside] = line.querySelectorAll("input");
    const [, , title, state, far, verdict] = /** @type {any} */ (line.children);
    choose.checked = watched;
    beside.checked = this.state.compared.has(entry.name);
    beside.disabled = watched;
    title.lastChild.textContent = ` ${entry.about || ""}${entry.recorded ? " (recorded)" : ""}`;
    state.className = `is-${entry.state}`;
    state.lastChild.textContent = entry.state;
    far.textContent = entry.total ? `${kimg(entry.images_seen)} of ${kimg(entry.total)}` : "";
    verdict.className = this.state.tone(entry.grade);
    verdict.textContent = entry.verdict || "";
    line.classList.toggle("watched", watched);
    return line;
  }
}
