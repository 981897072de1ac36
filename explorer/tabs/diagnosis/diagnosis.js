// Map & diagnosis: asks for a first verdict on few samples, then for a refined one; what is stale is dropped.
import { finder, offer, sentence, whenSeen, whenThemed } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { count } from "../../web/lib/text.js";
import { debounced } from "../../web/lib/timing.js";
import { Atlas } from "./atlas.js";
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
  tab.listen();
  watch("value", () => tab.follow());
  tab.follow();
}

class DiagnosisTab {
  #page = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
  #psi = 1;
  /** @type {number | null} */
  #label = null;
  #stamp = 0; // of the newest question
  #pending = true; // whether something is to be asked once the tab is seen

  /** @param {HTMLElement} element @param {Props} props @param {Server} server @param {Trigger} trigger */
  constructor(element, props, server, trigger) {
    this.element = element;
    this.props = props;
    this.server = server;
    this.trigger = trigger;
    this.$ = finder(element);
    const pick = (/** @type {MapView} */ view, /** @type {Side} */ side, /** @type {number} */ row) =>
      this.#attempt(() => this.pick(side, row, view));
    this.atlas = new Atlas(element, props, { hover: this.thumbnail.bind(this), pick });
  }

  get main() {
    return this.atlas.main;
  }

  #subject(view = this.main) {
    return { checkpoint: view.name(), psi: this.#psi, label: this.#label };
  }

  /** Ask for a verdict on few samples, then on more. */
  async examine() {
    const { value } = this.props;
    if (!value?.checkpoint) return;
    this.#pending = !this.element.offsetParent;
    if (this.#pending) return;
    const mine = (this.#stamp = newStamp());
    this.#say("");
    try {
      for (const n of value.samples) if (!(await this.#examine(n, mine))) return;
      this.#done();
    } catch (error) {
      if (mine !== this.#stamp) return;
      this.clear();
      this.#busy("", false);
      this.#say(sentence(error));
    }
  }

  /** False where the answer is stale. @param {number} n samples @param {number} mine stamp of this question */
  async #examine(n, mine) {
    const had = n > FEW && this.main.result;
    this.#busy(had ? `${count(had.n)} evaluated, continuing to ${count(n)} …` : `Evaluating ${count(n)} samples …`);
    const answer = await ask(this.server.diagnose, { ...this.#subject(), page: this.#page, stamp: mine, n });
    if (mine !== this.#stamp || answer.outdated) return false;
    this.main.result = answer;
    this.element.classList.remove("empty");
    showEvaluation(this.element, answer);
    const method = this.$("[data-field=method]").value || "PCA";
    await this.atlas.show(method === answer.map.method ? answer.map : await this.#points(method));
    await this.compare();
    return true;
  }

  /** @param {string} method of the map */
  async #points(method) {
    this.#busy(`Computing ${method} …`);
    return (await ask(this.server.map_points, { ...this.#subject(), n: this.main.result.n, method })).map;
  }

  /** Evaluate the other checkpoint by as many samples, and show both in the same axes with their measures in one table. */
  async compare() {
    const { twin } = this.atlas;
    if (!this.main.result || !twin.name()) return this.atlas.apart();
    const [name, mine, n] = [twin.name(), this.#stamp, this.main.result.n];
    this.#busy(`Evaluating ${count(n)} samples of ${name} …`);
    try {
      const asked = { ...this.#subject(twin), page: `${this.#page} beside`, stamp: newStamp(), n };
      const answer = await ask(this.server.diagnose, asked);
      if (mine === this.#stamp && name === twin.name() && !answer.outdated) this.atlas.besides(answer);
    } catch (error) {
      this.#say(sentence(error));
      this.atlas.alone();
    }
  }

  clear() {
    this.atlas.clear();
    clearEvaluation(this.element);
    this.$(".near").hidden = true;
    this.element.classList.add("empty");
  }

  /** The address of a point's image, if there is one. @param {MapView} view @param {Side} side @param {number} row */
  async thumbnail(view, side, row) {
    const question = { ...this.#subject(view), n: view.result.n, side, row };
    const { uri } = await ask(this.server.hover, question).catch(() => ({}));
    return uri;
  }

  /** A generated image goes to Slide; a real one shows what the model makes nearest to it. @param {Side} side @param {number} row */
  async pick(side, row, view = this.main) {
    this.atlas.leave();
    const subject = this.#subject(view);
    if (side === "fake") return this.trigger("pick", await ask(this.server.recipe_of, { ...subject, row }));
    this.$(".near").innerHTML = (await ask(this.server.near, { ...subject, n: view.result.n, row })).html;
    this.$(".near").hidden = false;
  }

  /** The chooser has another checkpoint. */
  follow() {
    const { value } = this.props;
    if (!value?.checkpoint) return this.clear();
    const classes = value.classes.map((/** @type {string} */ name, /** @type {number} */ i) => [i, name]);
    const same = (/** @type {string} */ name) => /** @type {[string, string]} */ ([name, name]);
    offer(this.$("[data-field=label]"), [["", "all"], ...classes]);
    this.$("[data-needs=classes]").hidden = !value.classes.length;
    const methods = this.$("[data-field=method]");
    if (!methods.children.length) offer(methods, Object.keys(value.methods).map(same));
    offer(this.$("[data-field=beside]"), [["", "nothing"], ...value.others.map(same)]);
    this.$(".others").hidden = !value.others.length;
    this.#label = null;
    this.#stamp = 0;
    this.clear();
    this.examine();
  }

  listen() {
    const { element } = this;
    const again = debounced(() => this.examine(), REST);
    element.addEventListener("input", (/** @type {any} */ { target }) => {
      if (target.dataset.field !== "psi") return;
      this.#psi = target.valueAsNumber;
      this.$("[data-out=psi]").textContent = this.#psi.toFixed(2);
      this.#stamp = 0; // what is on its way is stale already
      again();
    });
    element.addEventListener("change", (/** @type {any} */ { target }) =>
      this.#attempt(() => this.#changes[target.dataset.field]?.(target.value)),
    );
    element.addEventListener("click", ({ target }) => {
      const button = target instanceof Element && target.closest("button");
      if (button) this.#attempt(() => this.#press(button.dataset));
    });
    whenSeen(element, () => this.#pending && this.examine());
    whenThemed(() => this.atlas.paint());
  }

  /** What another choice leads to. @type {Record<string, (value: string) => unknown>} */
  #changes = {
    label: (value) => {
      this.#label = value === "" ? null : Number(value);
      return this.examine();
    },
    filter: (value) => this.atlas.filter(value),
    beside: async () => {
      await this.compare();
      if (this.main.result) this.#done();
    },
    method: async (value) => {
      if (!this.main.result) return;
      if (value !== "PCA") this.atlas.alone();
      await this.atlas.show(await this.#points(value));
      this.#done();
    },
  };

  /** @param {DOMStringMap} data of the button */
  #press({ do: action = "", fake, real }) {
    if (fake !== undefined) return this.pick("fake", Number(fake));
    if (real !== undefined) return this.pick("real", Number(real));
    const found = EXPORTS[action];
    if (!found) return;
    if (!this.main[found.of]) throw new Error("Nothing to export yet.");
    return found.write(this.main, `${this.props.value.checkpoint.replace(/[^\w.-]/g, "-")}-diagnosis`);
  }

  /** Do something whose failure is a sentence in the page. @param {() => unknown} work */
  async #attempt(work) {
    try {
      await work();
    } catch (error) {
      this.#say(sentence(error));
    }
  }

  /** @param {string} text */
  #say(text) {
    this.$(".message").textContent = text;
  }

  /** @param {string} text what goes on, or has been done @param {boolean} busy whether it goes on */
  #busy(text, busy = true) {
    this.$(".progress span").textContent = text;
    this.element.classList.toggle("busy", busy);
  }

  #done() {
    this.#busy(`${count(this.main.result.n)} samples evaluated.`, false);
  }
}
