// Map & diagnosis: asks for a first verdict on few samples, then for a refined one; what is stale is dropped.
import { finder, offer, sentence, whenSeen, whenThemed } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { count } from "../../web/lib/text.js";
import { debounced } from "../../web/lib/timing.js";
import { Atlas } from "./atlas.js";
import { Gather } from "./gather.js";
import { Makeable } from "./makeable.js";
import { SetsForm } from "./sets.js";
import { Status } from "./status.js";
import { clearEvaluation, showEvaluation } from "./verdict.js";
import { EXPORTS } from "./tables.js";

/** @typedef {import("./map.js").MapView} MapView */
/** @typedef {import("./map_data.js").Side} Side */

const FEW = 1000; // samples of a first look
const REST = 250; // ms until a slider counts as let go

/** A stamp newer than all before, by which the server drops what is stale. */
const newStamp = () => Date.now() + Math.random();

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} trigger
 * @param {Watch} watch
 */
export function mount(element, props, server, trigger, watch) {
  const tab = new DiagnosisTab(element, props, server, trigger);
  listen(tab);
  watch("value", () => tab.follow());
  tab.follow();
}

class DiagnosisTab {
  #page = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
  #psi = 1;
  /** @type {number | null} */
  #label = null;
  #stamp = 0; // of the newest question
  pending = true; // whether something is to be asked once the tab is seen

  /** @param {HTMLElement} element @param {Props} props @param {Server} server @param {Trigger} trigger */
  constructor(element, props, server, trigger) {
    this.element = element;
    this.props = props;
    this.server = server;
    this.trigger = trigger;
    this.$ = finder(element);
    /** @type {(view: MapView, side: Side, row: number) => void} */
    const pick = (view, side, row) => this.attempt(() => this.pick(side, row, view));
    this.gather = new Gather(this);
    this.atlas = new Atlas(element, props, { hover: this.thumbnail.bind(this), pick, mark: this.gather.mark });
    this.status = new Status(element);
    this.makeable = new Makeable(element, server, () => ({ ...this.subject(), n: this.atlas.main.result.n }));
    const show = (/** @type {string} */ sets) => this.#showSets(sets);
    this.form = new SetsForm(element, () => props.value.sets, server, this.status, show);
  }

  /** Another truncation: what is on its way is stale already. @param {number} psi */
  set psi(psi) {
    this.#psi = psi;
    this.$("[data-out=psi]").textContent = psi.toFixed(2);
    this.#stamp = 0;
  }

  get #comparesSets() {
    return this.$("[data-field=subject]").value === "sets";
  }

  subject(view = this.atlas.main) {
    if (this.#comparesSets) return { sets: this.form.sets };
    return { checkpoint: view.name(), psi: this.#psi, label: this.#label };
  }

  /** Ask for a verdict on few samples, then on more. */
  async examine() {
    const { value } = this.props;
    if (!value?.checkpoint || this.#comparesSets) return;
    this.pending = !this.element.offsetParent;
    if (this.pending) return;
    const mine = (this.#stamp = newStamp());
    this.status.say("");
    try {
      for (const n of value.samples) if (!(await this.#examine(n, mine))) return;
      this.#done();
    } catch (error) {
      if (mine !== this.#stamp) return;
      this.clear();
      this.status.busy("", false);
      this.status.say(sentence(error));
    }
  }

  /** False where the answer is stale. @param {number} n samples @param {number} mine stamp of this question */
  async #examine(n, mine) {
    const had = n > FEW && this.atlas.main.result;
    this.status.busy(
      had ? `${count(had.n)} evaluated, continuing to ${count(n)} …` : `Evaluating ${count(n)} samples …`,
    );
    const answer = await ask(this.server.diagnose, { ...this.subject(), page: this.#page, stamp: mine, n });
    if (mine !== this.#stamp || answer.outdated) return false;
    const method = this.$("[data-field=method]").value || "PCA";
    this.atlas.main.result = answer;
    await this.#show(answer, method === answer.map.method ? answer.map : await this.#points(method));
    await this.compare();
    return true;
  }

  /** Show a finished diagnosis of two sets. @param {string} sets */
  async #showSets(sets) {
    const answer = this.#comparesSets && (await ask(this.server.diagnose, { sets }));
    if (!this.#comparesSets || sets !== this.form.sets) return;
    await this.#show(answer, answer.map);
    this.#done();
  }

  /** @param {any} answer of the server's `diagnose` @param {any} map */
  async #show(answer, map) {
    this.atlas.main.result = answer;
    this.element.classList.remove("empty");
    showEvaluation(this.element, answer);
    await this.atlas.show(map);
  }

  /** @param {string} method of the map */
  async #points(method) {
    this.status.busy(`Computing ${method} …`);
    return (await ask(this.server.map_points, { ...this.subject(), n: this.atlas.main.result.n, method })).map;
  }

  /** Evaluate the other checkpoint by as many samples, and show both in the same axes with their measures in one table. */
  async compare() {
    const { twin } = this.atlas;
    if (!this.atlas.main.result || !twin.name()) return this.atlas.apart();
    const [name, mine, n] = [twin.name(), this.#stamp, this.atlas.main.result.n];
    this.status.busy(`Evaluating ${count(n)} samples of ${name} …`);
    try {
      const asked = { ...this.subject(twin), page: `${this.#page} beside`, stamp: newStamp(), n };
      const answer = await ask(this.server.diagnose, asked);
      if (mine === this.#stamp && name === twin.name() && !answer.outdated) this.atlas.besides(answer);
    } catch (error) {
      this.status.say(sentence(error));
      this.atlas.alone();
    }
  }

  clear() {
    this.#stamp = 0; // what is on its way is stale already
    this.atlas.clear();
    this.makeable.clear();
    clearEvaluation(this.element);
  }

  /** The address of a point's image, if there is one. @param {MapView} view @param {Side} side @param {number} row */
  async thumbnail(view, side, row) {
    const question = { ...this.subject(view), n: view.result.n, side, row };
    return (await ask(this.server.hover, question).catch(() => ({}))).uri;
  }

  /** A generated image goes to Slide; a real one shows what the model makes nearest to it. @param {Side} side @param {number} row */
  async pick(side, row, view = this.atlas.main) {
    this.atlas.leave();
    const subject = this.subject(view);
    if (side === "fake" && !this.#comparesSets)
      return this.trigger("pick", await ask(this.server.recipe_of, { ...subject, row }));
    this.$(".near").innerHTML = (await ask(this.server.near, { ...subject, n: view.result.n, side, row })).html;
    if (side === "real" && !this.#comparesSets) this.makeable.offer(row);
    this.$(".near").hidden = false;
  }

  /** The chooser has another checkpoint. */
  follow() {
    const { value } = this.props;
    if (value?.checkpoint) fillMenus(this.element, value);
    if (this.#comparesSets) return;
    if (!value?.checkpoint) return this.clear();
    this.#label = null;
    this.clear();
    this.examine();
  }

  /** What another choice leads to. @type {Record<string, (value: string) => unknown>} */
  changes = {
    subject: () => {
      this.element.classList.toggle("of-sets", this.#comparesSets);
      this.form.open(this.#comparesSets, this.props.value.checkpoint);
      this.clear();
      this.atlas.alone();
      this.status.say("");
      this.status.busy(this.#comparesSets ? "Choose two sets of images." : "", false);
      return this.#comparesSets ? this.form.sets && this.#showSets(this.form.sets) : this.follow();
    },
    label: (value) => {
      this.#label = value === "" ? null : Number(value);
      return this.examine();
    },
    filter: (value) => this.atlas.filter(value),
    colour: (value) => this.atlas.colourBy(value),
    beside: async () => {
      await this.compare();
      if (this.atlas.main.result) this.#done();
    },
    method: async (value) => {
      if (!this.atlas.main.result) return;
      if (value !== "PCA") this.atlas.alone();
      await this.atlas.show(await this.#points(value));
      this.#done();
    },
  };

  /** @param {DOMStringMap} data of the button */
  press({ do: action = "", side = "", fake, real, row }) {
    const own = { ...this.gather.actions, ...this.makeable.actions, ...this.form.actions }[action];
    if (own) return own({ row, side });
    if (fake !== undefined) return this.pick("fake", Number(fake));
    if (real !== undefined) return this.pick("real", Number(real));
    const name = this.#comparesSets ? "two-sets" : this.props.value.checkpoint;
    return EXPORTS[action] && exported(this.atlas.main, action, name);
  }

  /** Do something whose failure is a sentence in the page. @param {() => unknown} work */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.status.say(sentence(error));
    }
  }

  #done() {
    this.status.busy(`${count(this.atlas.main.result.n)} samples evaluated.`, false);
  }
}

/** @param {DiagnosisTab} tab */
function listen(tab) {
  const { element } = tab;
  const again = debounced(() => tab.examine(), REST);
  element.addEventListener("input", (/** @type {any} */ { target }) => {
    if (target.dataset.field !== "psi") return;
    tab.psi = target.valueAsNumber;
    again();
  });
  element.addEventListener("change", (/** @type {any} */ { target }) =>
    tab.attempt(() => tab.changes[target.dataset.field]?.(target.value)),
  );
  element.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("button");
    if (button) tab.attempt(() => tab.press(button.dataset));
  });
  whenSeen(element, () => tab.pending && tab.examine());
  whenThemed(() => tab.atlas.paint());
}

/** Fill the menus for another checkpoint. @param {HTMLElement} element @param {any} value */
function fillMenus(element, value) {
  const $ = finder(element);
  const classes = value.classes.map((/** @type {string} */ name, /** @type {number} */ i) => [i, name]);
  const same = (/** @type {string} */ name) => /** @type {[string, string]} */ ([name, name]);
  offer($("[data-field=label]"), [["", "all"], ...classes]);
  $("[data-needs=classes]").hidden = !value.classes.length;
  const methods = $("[data-field=method]");
  if (!methods.children.length) offer(methods, Object.keys(value.methods).map(same));
  offer($("[data-field=beside]"), [["", "nothing"], ...value.others.map(same)]);
  $(".others").hidden = !value.others.length;
}

/** Save what a view shows. @param {MapView} view @param {string} action of EXPORTS @param {string} name */
function exported(view, action, name) {
  const { of, write } = EXPORTS[action];
  if (!view[of]) throw new Error("Nothing to export yet.");
  return write(view, `${name.replace(/[^\w.-]/g, "-")}-diagnosis`);
}
