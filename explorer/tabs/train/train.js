// Watches runs: asks for what is new, draws it, and lets a person walk through a run's sheets. It only reads.
import { download, finder, say, sentence, toast, whenSeen, whenThemed } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { duration, kimg } from "../../web/lib/text.js";
import { Curves } from "./curves.js";
import { RunList } from "./run_list.js";
import { Sheets } from "./sheets.js";
import { State, isBusy } from "./state.js";
import { Verdict } from "./verdict.js";

const PACE = { hidden: 20000, busy: 1500, quiet: 4000 }; // ms between two questions
const REMEMBERED = "explorer-run";

/** @param {HTMLElement} element @param {Props} props @param {Server} server @param {Trigger} trigger */
export function mount(element, props, server, trigger) {
  new TrainTab(element, props, server, trigger).start();
}

class TrainTab {
  #timer = 0; // of the next question
  #asking = false;
  #reported = ""; // what was last said of the run in view

  /** @param {HTMLElement} element @param {Props} props @param {Server} server @param {Trigger} trigger */
  constructor(element, props, server, trigger) {
    this.element = element;
    this.props = props;
    this.server = server;
    this.trigger = trigger;
    this.$ = finder(element);
    this.state = new State(sessionStorage.getItem(REMEMBERED) || "", props.value.grades);
    const chosen = { watch: this.watch.bind(this), compare: this.compare.bind(this) };
    this.list = new RunList(element, this.state, chosen);
    const open = (/** @type {number} */ tile) => this.#attempt(() => this.openTile(tile));
    this.sheets = new Sheets(element, this.state, server, { moved: () => this.show(), open });
    this.verdict = new Verdict(element, this.state);
    this.curves = new Curves(element, this.state, props, server);
  }

  start() {
    const { element } = this;
    element.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? /** @type {any} */ (target.closest("[data-do]")) : null;
      if (button) this.#press(button);
    });
    document.addEventListener("explorer:watch", (/** @type {any} */ { detail }) => this.watch(detail.name, true));
    document.addEventListener("visibilitychange", () => this.seen && this.tick());
    whenSeen(element, () => this.tick());
    whenThemed(() => {
      this.state.dirty = true;
      if (this.seen) this.curves.draw();
    });
    this.tick();
  }

  get seen() {
    return this.element.offsetParent !== null && !document.hidden;
  }

  /** Ask for what is new: often while somebody looks at a run that trains, seldom in a hidden page. */
  async tick() {
    clearTimeout(this.#timer);
    if (this.#asking) return;
    this.#asking = true;
    let complete = true;
    try {
      complete = await this.#takeNews();
    } catch (error) {
      this.element.classList.add("away");
      this.#say(`${sentence(error)} Trying again.`, true);
      return; // nothing is new, and what is drawn must not speak over the reason
    } finally {
      this.#asking = false;
      this.#timer = window.setTimeout(() => this.tick(), complete ? this.#pace() : 0);
    }
    if (complete) this.show();
  }

  /** False where more has to be asked at once. */
  async #takeNews() {
    const { state } = this;
    const names = state.asked();
    const answer = await ask(this.server.watch, state.question());
    if (this.element.classList.contains("away")) this.#say("");
    this.element.classList.remove("away");
    if (answer.list) {
      state.takeList(answer.list);
      this.list.show();
    }
    const whole = Object.entries(answer.news || {}).map(([name, news]) => state.take(name, news));
    const unasked = answer.list && state.watched && !names.includes(state.watched);
    return whole.every(Boolean) && !unasked;
  }

  #pace() {
    if (!this.seen) return PACE.hidden;
    const entry = this.state.find(this.state.watched);
    return entry && isBusy(entry.state) ? PACE.busy : PACE.quiet;
  }

  /** Look at another run; `waiting` says that it was just started. @param {string} name */
  watch(name, waiting = false) {
    this.state.watch(name, true, waiting);
    sessionStorage.setItem(REMEMBERED, name);
    this.sheets.stop();
    this.list.show();
    this.show();
    this.tick();
  }

  /** Lay a run beside the one in view, or take it away. @param {string} name @param {boolean} on */
  compare(name, on) {
    this.state.compared[on ? "add" : "delete"](name);
    this.state.dirty = true;
    this.tick();
  }

  show() {
    const { run, entry, list, watched } = this.state;
    if (!list.length) return;
    this.#showState();
    this.element.dataset.imagesSeen = String(entry.images_seen);
    this.element.dataset.run = watched;
    if (run?.now) {
      this.sheets.show();
      this.verdict.show();
    }
    this.#tell();
    if (run?.now && this.seen) this.curves.draw();
  }

  #showState() {
    const { run, entry } = this.state;
    const text = stateText(entry, run);
    if (this.$(".state").textContent !== text) this.$(".state").textContent = text;
    const percent = 100 * (entry.total ? Math.min(1, entry.images_seen / entry.total) : 0);
    this.$(".bar i").style.width = `${percent}%`;
    this.$(".bar").setAttribute("aria-valuenow", Math.round(percent));
    if (this.element.classList.contains("away")) return; // which is said instead
    this.#say(run?.error || entry.words || "", entry.state === "failed" || Boolean(run?.error));
  }

  /** Tell whoever controls the run what is in view. */
  #tell() {
    const detail = this.state.summary();
    const text = JSON.stringify(detail);
    if (text === this.#reported) return;
    this.#reported = text;
    document.dispatchEvent(new CustomEvent("explorer:run", { detail }));
  }

  /** Take a tile of the sheet in view to Slide, or the whole snapshot. @param {number | null} tile */
  async openTile(tile) {
    const { moment, shownMoment, watched } = this.state;
    const images_seen = moment === null ? null : shownMoment;
    const { recipe, note } = await ask(this.server.tile, { run: watched, images_seen, tile });
    this.trigger("pick", { recipe });
    if (note) toast(note);
  }

  /** @param {string} kind webp or mp4 */
  async saveVideo(kind) {
    const { name, data } = await ask(this.server.video, { run: this.state.watched, kind });
    download(name, `data:${kind === "mp4" ? "video/mp4" : "image/webp"};base64,${data}`);
  }

  /** Fill the form with the settings of the run in view. */
  useSettings() {
    const detail = { name: this.state.watched, settings: this.state.run?.now?.settings };
    document.dispatchEvent(new CustomEvent("explorer:use-settings", { detail }));
  }

  /** @type {Record<string, () => unknown>} */
  #actions = {
    play: () => this.sheets.play(),
    live: () => this.sheets.live(),
    explore: () => this.openTile(null),
    webp: () => this.saveVideo("webp"),
    mp4: () => this.saveVideo("mp4"),
    settings: () => this.useSettings(),
    unzoom: () => this.curves.zoom(null),
  };

  /** @param {HTMLButtonElement} button */
  async #press(button) {
    button.disabled = true;
    await this.#attempt(() => this.#actions[String(button.dataset.do)]());
    button.disabled = false;
  }

  /** Do something whose failure is a sentence in the page. @param {() => unknown} work */
  async #attempt(work) {
    try {
      await work();
    } catch (error) {
      this.#say(sentence(error), true);
    }
  }

  /** @param {string} text */
  #say(text, bad = false) {
    say(this.$(".message"), text, bad);
  }
}

/** Mean of the last ten. @param {number[]} values */
const recent = (values) => values.slice(-10).reduce((sum, value) => sum + value, 0) / Math.min(10, values.length);

/** Where a run is, in one line. @param {import("./state.js").Entry} entry @param {import("./state.js").Run | undefined} run */
function stateText(entry, run) {
  const { state, images_seen, total } = entry;
  const far = total ? [`${kimg(images_seen)} of ${kimg(total)} kimg`] : [];
  const origin = run?.now?.lineage;
  const branch = origin?.run ? [`branched from ${origin.run} at ${kimg(origin.images)} kimg`] : [];
  return [state, ...far, ...(state === "training" ? speed(entry, run) : []), ...branch].join(" · ");
}

/** @param {import("./state.js").Entry} entry @param {import("./state.js").Run | undefined} run */
function speed({ images_seen, total = 0 }, run) {
  const rate = recent(run?.curves.images_per_s?.[1] ?? []);
  return rate ? [`${rate.toFixed(0)} images/s`, `about ${duration((total - images_seen) / rate)} left`] : [];
}
