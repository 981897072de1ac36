// Several answers to a masked picture: images of a generator that agree with what is left of it, found by a search.
import { decodedImage } from "../../web/lib/canvas.js";
import { finder, make, offer, say } from "../../web/lib/dom.js";
import { AT_A_SEARCH, Work } from "../../web/lib/jobs.js";
import { ask } from "../../web/lib/rpc.js";
import { told } from "../picture/stages.js";

/** @typedef {{recipe: Recipe, image: string}} Found */
/** @typedef {import("./translate.js").TranslateTab} Tab */

export class Completions {
  /** @type {Found | null} the one that is compared with */
  #chosen = null;

  /** @param {HTMLElement} element of the tab @param {Tab} tab @param {(recipe: Recipe) => void} open in Slide */
  constructor(element, tab, open) {
    const { server } = tab;
    this.$ = finder(element);
    this.tab = tab;
    this.open = () => this.#chosen && open(this.#chosen.recipe);
    this.work = new Work({ look: server.search_look, cancel: server.search_cancel, every: AT_A_SEARCH });
  }

  /** Another model: which generators can be searched for it. @param {import("./model.js").Translator} model */
  async offer(model) {
    this.clear();
    if (!model.masked) return;
    const { generators } = await ask(this.tab.server.completers, { checkpoint: model.name });
    if (model !== this.tab.model) return; // another one was chosen meanwhile
    offer(
      this.$("[data-field=completer]"),
      generators.map((/** @type {string} */ name) => [name, name]),
    );
    this.$("[data-do=complete]").disabled = !generators.length;
    if (!generators.length) this.#say("No generator here makes images of this size and colour.");
  }

  /** The drawing is another one: what was found belongs to it no longer. */
  clear() {
    this.work.cancel();
    this.#runs(false);
    this.#show([]);
    this.#say("");
  }

  /** Search, showing what comes. */
  async search() {
    this.clear();
    this.#runs(true);
    this.#say("Searching …");
    try {
      const generator = this.$("[data-field=completer]").value;
      const question = { recipe: this.tab.recipe(), generator };
      const { found } = await this.work.run(this.tab.server.complete, question, (look) => this.#follow(look));
      this.#show(found.map((/** @type {Found} */ one) => one.image));
      [...this.$(".four").children].forEach((button, i) => (button.onclick = () => this.#choose(found[i], i)));
      this.#say("Choose one to compare it with. What is filled in is invented.");
    } catch (error) {
      this.clear();
      throw error;
    } finally {
      this.#runs(false);
    }
  }

  cancel() {
    this.clear();
    this.#say("Cancelled.");
  }

  /** @param {any} look at the search */
  #follow({ stage, step, steps, images }) {
    if (stage) {
      const { words, term } = told(stage, step, steps);
      this.#say(`Searching: ${words}`, term);
    }
    if (images) this.#show(images);
  }

  /** @param {string[]} images addresses */
  #show(images) {
    const box = this.$(".four");
    if (box.children.length !== images.length) {
      const buttons = images.map((_, i) =>
        make("button", { type: "button" }, make("img", { className: "image smooth", alt: `completion ${i + 1}` })),
      );
      box.replaceChildren(...buttons);
      this.#chosen = null;
      this.$("[data-do=slide]").hidden = true;
      this.tab.output.result.set("completion", null);
    }
    [...box.querySelectorAll("img")].forEach((image, i) => (image.src = images[i]));
  }

  /** Compare the output with one of them. @param {Found} found @param {number} index */
  async #choose(found, index) {
    this.#chosen = found;
    [...this.$(".four").children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === index)));
    this.$("[data-do=slide]").hidden = false;
    this.tab.output.result.set("completion", await decodedImage(found.image), true);
  }

  /** @param {boolean} now whether a search runs */
  #runs(now) {
    this.$("[data-do=complete]").hidden = now;
    this.$("[data-do=halt]").hidden = !now;
  }

  /** @param {string} text @param {string} title */
  #say(text, title = "") {
    say(Object.assign(this.$(".others .said"), { title }), text);
  }
}
