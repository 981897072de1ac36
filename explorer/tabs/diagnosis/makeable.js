// Never sampled, or cannot be made? Real images that nothing covers are searched for in the model.
import { finder, make, say, sentence } from "../../web/lib/dom.js";
import { AT_A_SEARCH, Work } from "../../web/lib/jobs.js";

export class Makeable {
  /** @type {HTMLElement | null} where a search runs */
  #place = null;
  #turn = 0; // counts the searches, so that a late answer about an earlier one is left aside

  /** @param {HTMLElement} element @param {Server} server @param {() => object} subject what is examined */
  constructor(element, server, subject) {
    this.$ = finder(element);
    this.server = server;
    this.work = new Work({ look: server.search_look, cancel: server.search_cancel, every: AT_A_SEARCH });
    this.subject = subject;
  }

  /** What each button does. @type {Record<string, (button: DOMStringMap) => unknown>} */
  actions = {
    "try-row": ({ row }) => this.#run("try_row", { row: Number(row) }, this.$(".near .makeable")),
    "try-uncovered": () => this.#run("try_uncovered", {}, this.$(".uncovered .makeable")),
    "try-cancel": () => this.#stop("Cancelled."),
  };

  /** Offer it beside a real image and what is nearest to it. @param {number} row */
  offer(row) {
    const button = make("button", { type: "button", textContent: "Can the model make it?" });
    Object.assign(button.dataset, { do: "try-row", row: String(row) });
    const cancel = make("button", { type: "button", textContent: "Cancel", hidden: true });
    cancel.dataset.do = "try-cancel";
    this.$(".near").append(make("div", { className: "makeable" }, button, cancel, make("p", { role: "status" })));
  }

  /** Another diagnosis. */
  clear() {
    this.#stop("");
    this.$(".uncovered .makeable p").textContent = "";
    this.$(".uncovered .makeable .found").replaceChildren();
  }

  /** End the search that runs, if one does. @param {string} text that stands in its place */
  #stop(text) {
    this.#turn += 1;
    this.work.cancel();
    if (this.#place) say(finder(this.#place)("p"), text);
    this.#runs(null);
  }

  /** Where a search runs, if anywhere; there it can be cancelled. @param {HTMLElement | null} place */
  #runs(place) {
    for (const [where, now] of /** @type {[HTMLElement | null, boolean][]} */ ([
      [this.#place, false],
      [place, true],
    ])) {
      if (where) finder(where)("[data-do=try-cancel]").hidden = !now;
    }
    this.#place = place;
  }

  /** @param {string} handler @param {object} question @param {HTMLElement} place */
  async #run(handler, question, place) {
    this.#stop("");
    const turn = this.#turn;
    const $ = finder(place);
    this.#runs(place);
    say($("p"), "Looking …");
    try {
      const follow = (/** @type {any} */ { stage, step, steps }) => {
        if (stage && turn === this.#turn) say($("p"), `${sentenceCase(stage)}: step ${step} of ${steps}`);
      };
      const { text, html } = await this.work.run(this.server[handler], { ...this.subject(), ...question }, follow);
      if (turn !== this.#turn) return;
      say($("p"), text);
      place.querySelector(".found")?.remove();
      place.append(make("div", { className: "found", innerHTML: html }));
      if (handler === "try_uncovered") this.#tell(text);
    } catch (error) {
      if (turn === this.#turn) say($("p"), sentence(error), true);
    } finally {
      if (turn === this.#turn) this.#runs(null);
    }
  }

  /** One more finding. @param {string} text */
  #tell(text) {
    const found = make(
      "section",
      { className: "finding of-uncovered" },
      make("h4", { textContent: "Uncovered: never sampled, or cannot be made" }),
      make("p", { textContent: text }),
    );
    const list = this.$(".evaluation");
    list.querySelector(".of-uncovered")?.remove();
    list.querySelector(".verdict")?.after(found);
  }
}

const sentenceCase = (/** @type {string} */ text) => text[0].toUpperCase() + text.slice(1);
