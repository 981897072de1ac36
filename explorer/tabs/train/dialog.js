// The dialog that asks for what a command needs.
import { finder, say, sentence } from "../../web/lib/dom.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} about
 * @property {string} button what is pressed to do it
 * @property {HTMLElement[]} fields
 * @property {(form: HTMLFormElement) => void} [changed] done at every change of the fields, and at the beginning
 * @property {(form: HTMLFormElement) => Promise<unknown>} work done at the press; where it throws, the dialog stays
 */

export class Dialog {
  /** @type {Question["work"] | null} */
  #work = null;
  /** @type {Question["changed"]} */
  #changed;

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.$ = finder(dialog);
    this.$("form").addEventListener("input", () => this.#changed?.(this.$("form")));
    this.$("form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#submit(event));
  }

  /** @param {Question} question */
  open({ title, about, button, fields, changed, work }) {
    this.$("h3").textContent = title;
    this.$(".about").textContent = about;
    this.$("[type=submit]").textContent = button;
    this.$(".fields").replaceChildren(...fields);
    say(this.$(".said"), "");
    this.#work = work;
    this.#changed = changed;
    changed?.(this.$("form"));
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const button = this.$("[type=submit]");
    button.disabled = true;
    try {
      await this.#work?.(/** @type {HTMLFormElement} */ (event.target));
      this.close();
    } catch (error) {
      say(this.$(".said"), sentence(error), true);
    } finally {
      button.disabled = false;
    }
  }
}
