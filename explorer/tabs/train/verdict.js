// The verdict at the moment in view, what alerts are open, and what happened.
import { finder, make, offer } from "../../web/lib/dom.js";
import { classBars, legend } from "../../web/components/class_bars.js";
import { count, kimg } from "../../web/lib/text.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../../web/components/class_bars.js").ClassShare} ClassShare */
/** @typedef {import("../../web/components/charts/figure.js").RunEvent} RunEvent */

const MAX_EVENTS = 200;

export class Verdict {
  /** @param {HTMLElement} element @param {State} state */
  constructor(element, state) {
    this.$ = finder(element);
    this.state = state;
    this.$("[data-field=attribute]").addEventListener("change", () => this.show());
  }

  show() {
    const event = this.state.verdict;
    this.#showCard(event);
    this.#showClasses(event);
    this.#showAlerts();
    this.#showLog();
  }

  /** @param {RunEvent | undefined} event */
  #showCard(event) {
    this.$(".evaluated .verdict").className = `verdict ${this.state.tone(event?.detail.grade)}`;
    const [title, text, basis] = event ? verdictParts(event) : this.#silence();
    this.#put(".evaluated h3", title);
    this.#put(".evaluated .verdict p", text);
    this.#put(".evaluated .basis", basis);
  }

  /** What is said where there is no verdict. */
  #silence() {
    const { run } = this.state;
    if (run?.now?.settings?.diagnose === false)
      return ["No verdicts", "This run trains without evaluation (--no-diagnose).", ""];
    const usual = "The first comes after a few seconds of training, if the data set has a reference.";
    return ["No verdict yet", run?.events.findLast(({ kind }) => kind === "note")?.text || usual, ""];
  }

  /** @param {RunEvent | undefined} event */
  #showClasses(event) {
    /** @type {{name: string, shares: ClassShare[]}[]} */
    const attributes = event ? event.detail.classes : [];
    const select = this.$("[data-field=attribute]");
    const names = attributes.map(({ name }) => name).join("\n");
    if (select.dataset.offered !== names) {
      select.dataset.offered = names;
      offer(
        select,
        attributes.map(({ name }, i) => [i, name]),
      );
    }
    select.closest("label").hidden = attributes.length < 2;
    const attribute = attributes[Number(select.value) || 0] || attributes[0];
    this.$(".modes").replaceChildren(...(attribute ? [legend(), ...classBars(attribute.shares)] : notEvaluated(event)));
  }

  #showAlerts() {
    const { alerts, watched } = this.state;
    if (!this.#isNew(".alerts", `${watched}/${alerts.map(({ id }) => id).join()}`)) return;
    const shown = alerts.map(({ images_seen, text, detail }) => {
      const title = make("b", { textContent: `${detail.title}, since ${kimg(images_seen)} kimg. ` });
      return make("div", { className: "alert" }, title, text, make("small", { textContent: detail.remedy }));
    });
    this.$(".alerts").replaceChildren(...shown);
  }

  #showLog() {
    const events = this.state.run?.events ?? [];
    if (!this.#isNew(".log ol", `${this.state.watched}/${events.length}`)) return;
    const lines = events
      .slice(-MAX_EVENTS)
      .reverse()
      .map(({ images_seen, time, kind, text }) => {
        const when = make("time", { textContent: new Date(1000 * time).toLocaleString() });
        const where = make("b", { textContent: `${kimg(images_seen)} kimg` });
        return make("li", { className: `kind-${kind}` }, when, where, make("span", { textContent: text }));
      });
    this.$(".log ol").replaceChildren(...lines);
  }

  /** Whether a place does not show this yet; notes that it does. @param {string} selector @param {string} shown */
  #isNew(selector, shown) {
    const place = this.$(selector);
    const other = place.dataset.shown !== shown;
    place.dataset.shown = shown;
    return other;
  }

  /** @param {string} selector @param {string} text */
  #put(selector, text) {
    const place = this.$(selector);
    if (place.textContent !== text) place.textContent = text; // else it would be read aloud again
  }
}

/** Title, text and basis of a verdict. @param {RunEvent} event */
function verdictParts({ detail, text, images_seen }) {
  const basis = `${count(detail.n)} samples at ${kimg(images_seen)} kimg, evaluated in ${detail.seconds.toFixed(1)} s`;
  return [detail.title, text, basis];
}

/** @param {RunEvent | undefined} event */
function notEvaluated(event) {
  if (!event?.detail.n || !("moot" in event.detail)) return [];
  return [make("p", { textContent: "The modes of such images are not assessed." })];
}
