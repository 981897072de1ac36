// Which runs there are, which one is in view, and what is known of each. Pure: it draws nothing and asks nobody.
import { extended } from "../../web/components/charts/curves.js";

/** @typedef {import("../../web/components/charts/figure.js").RunEvent} RunEvent */
/** @typedef {import("../../web/components/charts/curves.js").Curve} Curve */
/** @typedef {{name: string, state: string, images_seen: number, total?: number, about?: string, recorded?: boolean, grade?: number, verdict?: string, words?: string}} Entry */
/** @typedef {{name: string, curves: Record<string, Curve>, events: RunEvent[], metric?: number, event?: number, stamp?: number, now?: any, error?: string}} Run */

/** @param {string} state */
export const isBusy = (state) => ["preparing", "queued", "training", "paused"].includes(state);

/** @param {any} from @param {string[]} keys */
const picked = (from, keys) =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

export class State {
  /** @type {Entry[]} summaries of all runs */
  list = [];
  /** @type {Set<string>} names of runs beside the one in view */
  compared = new Set();
  /** @type {Map<string, Run>} */
  known = new Map();
  /** @type {number | null} images seen at the sheet in view; null follows the newest */
  moment = null;
  /** @type {[number, number] | null} in kimg */
  zoom = null;
  stamp = 0; // of the list
  waiting = false; // whether the run in view has just been started and may not be in the list yet
  dirty = true; // whether the charts are to be drawn

  /**
   * @param {string} watched name of the run in view, "" for none
   * @param {string[]} grades the class of a verdict by its grade
   */
  constructor(watched, grades = []) {
    this.watched = watched;
    this.grades = grades;
    this.chosen = Boolean(watched); // by a person; else the one that trains is followed
  }

  /** What is known of the run in view. */
  get run() {
    return this.known.get(this.watched);
  }

  /** The run in view as the list has it. @returns {Entry} */
  get entry() {
    return this.find(this.watched) || { name: this.watched, state: "preparing", images_seen: 0, words: "" };
  }

  /** The class that colours a verdict; "" for none. @param {number | undefined} grade */
  tone(grade) {
    return this.grades[grade ?? -1] || "";
  }

  /** @param {string} name */
  find(name) {
    return this.list.find((entry) => entry.name === name);
  }

  /** Names of the runs to ask for. */
  asked() {
    return [this.watched, ...this.compared].filter((name) => this.find(name));
  }

  /** What to ask the server: everything newer than what is known. */
  question() {
    const since = (/** @type {string} */ name) => picked(this.known.get(name) || {}, ["metric", "event", "stamp"]);
    return { stamp: this.stamp, runs: Object.fromEntries(this.asked().map((name) => [name, since(name)])) };
  }

  /** Look at another run. @param {string} name @param {boolean} chosen by a person @param {boolean} waiting it was just started */
  watch(name, chosen = false, waiting = false) {
    Object.assign(this, { watched: name, moment: null, zoom: null, dirty: true });
    if (chosen) Object.assign(this, { chosen, waiting });
    this.compared.delete(name);
  }

  /** @param {{runs: Entry[], stamp: number}} news */
  takeList({ runs, stamp }) {
    [this.list, this.stamp] = [runs, stamp];
    const gone = !this.find(this.watched) && !this.waiting;
    const trains = this.list.find(({ state }) => isBusy(state));
    const other = !this.chosen && trains && trains.name !== this.watched;
    if (gone || other) this.watch((trains || this.list[0] || { name: "" }).name);
    if (this.find(this.watched)) this.waiting = false;
    const beside = [...this.compared].filter((name) => name !== this.watched && this.find(name));
    this.compared = new Set(beside);
  }

  /**
   * Add what is new of a run.
   * @param {string} name
   * @param {any} news of the server's `watch`
   * @returns {boolean} false where all that is known was thrown away, and everything must be asked for again
   */
  take(name, news) {
    const had = this.known.get(name);
    /** @type {RunEvent[]} */
    const events = news.events || [];
    if (had && events.some(({ kind }) => ["resumed", "rolled-back"].includes(kind))) {
      this.known.delete(name); // what was measured beyond that moment is gone
      return false;
    }
    const run = had || { name, curves: {}, events: [] };
    Object.assign(run, picked(news, ["metric", "event", "stamp", "now", "error"]));
    if (news.now) delete run.error;
    run.events.push(...events);
    this.known.set(name, run);
    this.#extend(run, news.metrics || {});
    if (news.metrics || news.events) this.dirty = true;
    return true;
  }

  /** @param {Run} run @param {Record<string, Curve>} metrics */
  #extend({ curves }, metrics) {
    for (const [key, points] of Object.entries(metrics)) curves[key] = extended(curves[key] || [[], []], points);
  }

  /** The runs whose curves are drawn, the one in view first. */
  drawn() {
    return [this.watched, ...this.compared].flatMap((name) => this.known.get(name) ?? []);
  }

  /** Moments of which there is a sheet, in images seen. @returns {number[]} */
  get sheets() {
    return this.run?.now?.sheets || [];
  }

  /** The moment whose sheet is in view, null where there is none. */
  get shownMoment() {
    const { sheets, moment } = this;
    return moment !== null && sheets.includes(moment) ? moment : (sheets.at(-1) ?? null);
  }

  /** The verdict at the moment in view, else the first. */
  get verdict() {
    const verdicts = this.run?.events.filter(({ kind }) => kind === "verdict") ?? [];
    const { moment } = this;
    if (moment === null) return verdicts.at(-1);
    return verdicts.findLast(({ images_seen }) => images_seen <= moment) || verdicts[0];
  }

  /** Alerts that have not been resolved. @returns {RunEvent[]} */
  get alerts() {
    const open = new Map();
    for (const event of this.run?.events ?? []) {
      if (event.kind === "alert") open.set(event.detail.name, event);
      else if (event.kind === "resolved") open.delete(event.detail.name);
    }
    return [...open.values()];
  }

  /** What whoever controls the run must know of it. */
  summary() {
    const { name, state, recorded, images_seen, total } = this.entry;
    const { moments = [], latest, best, settings } = this.run?.now ?? {};
    const moment = this.shownMoment;
    const kept = { moment, moments, latest: Boolean(latest), best: Boolean(best) };
    return {
      name,
      state,
      recorded: Boolean(recorded),
      images_seen,
      total: total || 0,
      settings: settings || null,
      ...kept,
    };
  }
}
