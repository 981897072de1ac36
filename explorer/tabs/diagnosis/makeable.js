// Never sampled, or cannot be made? Real images that nothing covers are searched for in the model.
import { finder, make, say, sentence } from "../../web/lib/dom.js";
import { Search } from "../picture/search.js";

export class Makeable {
  #turn = 0; // counts the searches, so that a late answer about an earlier one is left aside

  /** @param {HTMLElement} element @param {Server} server @param {() => object} subject what is examined */
  constructor(element, server, subject) {
    this.$ = finder(element);
    this.search = new Search(server);
    this.subject = subject;
  }

  /** What each button does. @type {Record<string, (button: DOMStringMap) => unknown>} */
  actions = {
    "try-row": ({ row }) => this.#run("try_row", { row: Number(row) }, this.$(".near .makeable")),
    "try-uncovered": () => this.#run("try_uncovered", {}, this.$(".uncovered .makeable")),
  };

  /** Offer it beside a real image and what is nearest to it. @param {number} row */
  offer(row) {
    const button = make("button", { type: "button", textContent: "Can the model make it?" });
    Object.assign(button.dataset, { do: "try-row", row: String(row) });
    this.$(".near").append(make("div", { className: "makeable" }, button, make("p", { role: "status" })));
  }

  /** Another diagnosis. */
  clear() {
    this.#turn += 1;
    this.search.cancel();
    this.$(".uncovered .makeable p").textContent = "";
    this.$(".uncovered .makeable .found").replaceChildren();
  }

  /** @param {string} handler @param {object} question @param {HTMLElement} place */
  async #run(handler, question, place) {
    const turn = ++this.#turn;
    const $ = finder(place);
    say($("p"), "Looking …");
    try {
      const follow = (/** @type {any} */ { stage, step, steps }) => {
        if (stage && turn === this.#turn) say($("p"), `${stage}: ${step} of ${steps}`);
      };
      const { text, html } = await this.search.run({ ...this.subject(), ...question }, follow, handler);
      if (turn !== this.#turn) return;
      say($("p"), text);
      place.querySelector(".found")?.remove();
      place.append(make("div", { className: "found", innerHTML: html }));
      if (handler === "try_uncovered") this.#tell(text);
    } catch (error) {
      if (turn === this.#turn) say($("p"), sentence(error), true);
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
