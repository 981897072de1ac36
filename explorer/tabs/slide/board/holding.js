// The dialog that makes a direction which holds up to two others fixed.
import { finder, make, say, sentence } from "../../../web/lib/dom.js";
import { ask } from "../../../web/lib/rpc.js";
import { made } from "./choice.js";

/** @typedef {import("./choice.js").Direction} Direction */
/** @typedef {import("./collection.js").Collection} Collection */

const MOST = 2;

export class Holding {
  /** @type {Direction | null} */
  #direction = null;

  /** @param {HTMLDialogElement} dialog @param {Collection} collection @param {Server} server @param {(id: string) => import("../edits.js").Layers} layersOf */
  constructor(dialog, collection, server, layersOf) {
    this.dialog = dialog;
    this.collection = collection;
    this.server = server;
    this.layersOf = layersOf;
    this.$ = finder(dialog);
    this.$("form").onsubmit = (/** @type {SubmitEvent} */ event) => this.#submit(event);
    this.$("form").onchange = () => this.#bound();
    this.$("[data-do=close]").onclick = () => dialog.close();
  }

  /** @param {Direction} direction */
  open(direction) {
    this.#direction = direction;
    const { collection } = this;
    this.$("h3").textContent = `${collection.nameOf(direction.id)}: hold others fixed`;
    const others = collection.ids.filter((id) => id !== direction.id);
    const boxes = others.map((id) =>
      make("label", {}, make("input", { type: "checkbox", value: id }), collection.nameOf(id)),
    );
    this.$(".list").replaceChildren(...boxes);
    say(this.$(".said"), "");
    this.#bound();
    this.dialog.showModal();
  }

  /** @returns {HTMLInputElement[]} */
  get #boxes() {
    return [...this.$(".list").querySelectorAll("input")];
  }

  #bound() {
    const { length } = this.#boxes.filter(({ checked }) => checked);
    for (const box of this.#boxes) box.disabled = !box.checked && length >= MOST;
    this.$("[type=submit]").disabled = !length;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const { collection } = this;
    const direction = /** @type {Direction} */ (this.#direction);
    const fixed = this.#boxes.filter(({ checked }) => checked).map(({ value }) => value);
    try {
      const question = { checkpoint: collection.checkpoint, direction: this.#asked(direction.id) };
      const { id } = await ask(this.server.held_fixed, { ...question, fixed: fixed.map((one) => this.#asked(one)) });
      const names = fixed.map((one) => collection.nameOf(one)).join(" and ");
      const { low, high } = direction;
      const note = `${collection.nameOf(direction.id)}, with ${names} held fixed`;
      collection.add(
        [made(id, `${collection.nameOf(direction.id)} (${names} fixed)`, { low, high, note })],
        direction.id,
      );
      this.dialog.close();
    } catch (error) {
      say(this.$(".said"), sentence(error), true);
    }
  }

  /** @param {string} id */
  #asked(id) {
    const [first, last] = this.layersOf(id);
    return { id, first, last };
  }
}
