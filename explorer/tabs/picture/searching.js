// What the dialog has the server do with a picture, one thing at a time: search for it, and tune a branch to it.
import { finder, say, sentence } from "../../web/lib/dom.js";
import { AT_A_SEARCH, Work } from "../../web/lib/jobs.js";
import { Guesses } from "./guesses.js";
import { told } from "./stages.js";

/** @typedef {import("./crop.js").Crop} Crop */

export class Searching {
  /** @type {any} what was found last */
  #result = null;
  #picture = ""; // for which it was found
  /** @type {any} what the server's `look` says of the model */
  model = null;

  /** @param {HTMLElement} element the dialog @param {Server} server @param {Crop} crop */
  constructor(element, server, crop) {
    this.$ = finder(element);
    this.server = server;
    this.crop = crop;
    this.work = new Work({ look: server.search_look, cancel: server.search_cancel, every: AT_A_SEARCH });
    this.guesses = new Guesses(element);
  }

  /** The recipe of the guess that is chosen. */
  get recipe() {
    return this.guesses.recipe;
  }

  /** Another picture, or none: end what runs, forget what was found. */
  clear() {
    this.work.cancel();
    this.#result = null;
    this.guesses.clear();
    for (const name of ["search", "cancel", "use", "tune", "near"]) this.$(`[data-do=${name}]`).hidden = true;
    this.$("progress").hidden = true;
  }

  /** A picture can be searched for. */
  offer() {
    this.crop.frozen = this.$(".options").disabled = false;
    this.$("[data-do=search]").hidden = false;
    nextStep(this.$);
  }

  /** Search, showing what comes. @param {string} checkpoint */
  search(checkpoint) {
    const field = (/** @type {string} */ name) => this.$(`[data-field=${name}]`).value;
    const label = field("label");
    const sent = this.crop.sent(this.model.resolution);
    this.#picture = sent.picture;
    this.#result = null;
    this.guesses.clear();
    return this.#run("Searching", this.server.search, {
      ...sent,
      checkpoint,
      side: Number(field("side")),
      starts: Number(field("starts")),
      label: label === "" ? null : Number(label),
    });
  }

  /** Tune a private branch of the generator to the picture, from the guess that is chosen. */
  tune() {
    return this.#run("Tuning", this.server.tune, { recipe: this.recipe, picture: this.#picture });
  }

  cancel() {
    this.work.cancel();
    this.#ended("Cancelled.");
  }

  /** @param {string} doing what is done, in a word @param {Call} start the server function that begins it @param {object} question */
  async #run(doing, start, question) {
    this.#begun(doing);
    try {
      this.#result = await this.work.run(start, question, (look) => this.#follow(doing, look));
      this.#ended("");
    } catch (error) {
      this.#ended(sentence(error), true);
    }
  }

  /** @param {string} doing */
  #begun(doing) {
    this.crop.frozen = this.$(".options").disabled = true;
    for (const name of ["search", "use", "tune", "near"]) this.$(`[data-do=${name}]`).hidden = true;
    this.$(".sentences").hidden = true;
    this.$("[data-do=cancel]").hidden = this.$("progress").hidden = false;
    this.$("progress").removeAttribute("value");
    this.#say(`${doing} …`);
  }

  /** Nothing runs any more: what was found last, if anything, is shown. @param {string} text */
  #ended(text, bad = false) {
    this.$("[data-do=cancel]").hidden = this.$("progress").hidden = true;
    if (this.#result) this.#show(this.#result);
    else this.guesses.clear();
    this.offer();
    this.#say(text, bad);
  }

  /** @param {string} doing @param {any} look at a search or a tuning */
  #follow(doing, { stage, step, steps, images }) {
    if (stage) {
      const { words, term, share } = told(stage, step, steps);
      this.$("progress").value = share;
      this.#say(`${doing}: ${words}`, false, term);
    }
    if (images) this.guesses.show(images);
  }

  /** @param {any} result */
  #show({ label = null, ...result }) {
    const sentences = label === null ? result.sentences : [...result.sentences, `Class: ${this.model.classes[label]}.`];
    this.guesses.settle({ ...result, sentences });
    this.$("[data-do=use]").hidden = false;
    this.$("[data-do=tune]").hidden = !result.tunable;
    this.$("[data-do=near]").hidden = !this.model.reference;
    this.$("[data-do=use]").focus();
  }

  /** @param {string} text @param {string} title of the tooltip */
  #say(text, bad = false, title = "") {
    say(Object.assign(this.$(".said"), { title }), text, bad);
  }
}

/** One button is the next step: to search, or to open what was found. @param {(selector: string) => any} $ */
function nextStep($) {
  const found = !$("[data-do=use]").hidden;
  $("[data-do=search]").classList.toggle("primary", !found);
  $("[data-do=search]").textContent = found ? "Search again" : "Search";
}
