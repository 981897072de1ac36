// The dialog that makes a direction: between images, or of what changes a region.
import { paint } from "../../../web/lib/canvas.js";
import { finder, make, say, sentence } from "../../../web/lib/dom.js";
import { ask } from "../../../web/lib/rpc.js";
import { letterOf, sides } from "../../../web/lib/sides.js";
import { fresh, made } from "./choice.js";

/** @typedef {import("../../../web/lib/sides.js").Side} Side */
/** @typedef {import("./choice.js").Direction} Direction */

const MAX_SEED = 2 ** 32 - 1;
/** @type {Side[]} */
const SIDES = ["from", "to"];

/**
 * @typedef {object} Host
 * @property {() => Recipe} recipe without defaults
 * @property {() => Recipe[]} path keyframes of Interpolate's path
 * @property {() => void} mark let a region be marked
 */

export class Making {
  /** @type {Direction[]} style channels of the region that was marked */
  #found = [];

  /** @param {HTMLDialogElement} dialog @param {import("./collection.js").Collection} collection @param {Server} server @param {Host} host */
  constructor(dialog, collection, server, host) {
    this.dialog = dialog;
    this.collection = collection;
    this.server = server;
    this.host = host;
    this.$ = finder(dialog);
    dialog.addEventListener("click", (/** @type {any} */ { target }) => this.#press(target.closest("[data-add]")));
    this.$("form").noValidate = true; // a seed is looked at when it is added
    this.$("form").onsubmit = (/** @type {SubmitEvent} */ event) => this.#submit(event);
    this.$("[data-do=close]").onclick = () => dialog.close();
    this.$("[data-do=mark]").onclick = () => {
      dialog.close();
      host.mark();
    };
    this.$("[data-do=take]").onclick = () => this.#take();
    sides.watch(() => this.dialog.open && this.#show());
  }

  /** @param {Model} model */
  open(model) {
    say(this.$(".said"), "");
    this.$(".by-region").hidden = model.layers === 1;
    this.#region([]);
    this.#show();
    this.dialog.showModal();
  }

  /** Offer the style channels that change a region. @param {Direction[]} found @param {Model} model */
  offer(found, model) {
    this.open(model);
    this.#region(found);
  }

  /** Say why a region gives nothing. @param {string} text @param {Model} model */
  refuse(text, model) {
    this.open(model);
    say(this.$(".said"), text, true);
  }

  /** @param {Direction[]} found */
  #region(found) {
    this.#found = found;
    this.$("[data-do=take]").hidden = !found.length;
    const items = found.map(({ title, note }, i) => {
      const box = make("input", { type: "checkbox", value: i, checked: i === 0 });
      return make("label", {}, box, make("span", { textContent: title }), make("small", { textContent: note }));
    });
    this.$(".by-region .list").replaceChildren(...items);
  }

  #take() {
    const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (this.$(".by-region .list").querySelectorAll("input"));
    const taken = [...boxes].filter(({ checked }) => checked).map(({ value }) => this.#found[Number(value)]);
    this.#attempt(() => {
      this.collection.add(taken);
      if (taken.length) this.dialog.close();
    });
  }

  #show() {
    const { checkpoint } = this.collection;
    const path = this.host.path().filter((recipe) => recipe.checkpoint === checkpoint);
    for (const side of SIDES) {
      const images = sides.images[side].filter((recipe) => recipe.checkpoint === checkpoint);
      const well = this.$(`[data-side=${side}]`);
      well.querySelector(".images").replaceChildren(...images.map((recipe, i) => this.#image(side, recipe, i)));
      well.querySelector("[data-add=path]").disabled = !path.length;
    }
    this.$("[type=submit]").disabled = SIDES.some((side) => !sides.images[side].length);
  }

  /** @param {Side} side @param {Recipe} recipe @param {number} index */
  #image(side, recipe, index) {
    const canvas = make("canvas", { width: 1, height: 1 });
    const words = `Remove image ${index + 1} of side ${letterOf(side)}`;
    const remove = make("button", { type: "button", title: words, ariaLabel: words }, canvas);
    remove.onclick = () => sides.remove(side, index);
    this.#attempt(async () => paint(canvas, await ask(this.server.render, { recipe })));
    return remove;
  }

  /** @param {HTMLElement | null} button */
  #press(button) {
    const well = /** @type {HTMLElement | undefined} */ (button?.closest("[data-side]"));
    if (!button || !well) return;
    const side = /** @type {Side} */ (well.dataset.side);
    this.#attempt(() => {
      const recipes = this.#recipes(String(button.dataset.add), well);
      if (sides.add(side, ...recipes)) throw new Error("A side holds at most 64 images.");
    });
  }

  /** What a button adds. @param {string} what @param {HTMLElement} well @returns {Recipe[]} */
  #recipes(what, well) {
    const { checkpoint } = this.collection;
    if (what === "current") return [this.host.recipe()];
    if (what === "path") return this.host.path().filter((recipe) => recipe.checkpoint === checkpoint);
    const input = /** @type {HTMLInputElement} */ (well.querySelector("input"));
    if (input.value === "" || !input.checkValidity()) {
      throw new Error(`The seed must be a whole number from 0 to ${MAX_SEED}.`);
    }
    const seed = input.valueAsNumber;
    input.value = String(Math.min(seed + 1, MAX_SEED));
    return [seed ? { checkpoint, seed } : { checkpoint }];
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const { checkpoint, choice } = this.collection;
    const { from, to } = sides.images;
    this.#attempt(async () => {
      const { id } = await ask(this.server.own_direction, { checkpoint, plus: to, minus: from });
      const field = this.$("[name=title]");
      const titles = choice.own.map(({ title }) => title);
      const title = fresh(field.value.trim() || "From A to B", titles);
      this.collection.add([made(id, title, { note: `from ${counted(from.length)} to ${counted(to.length)}` })]);
      field.value = "";
      sides.clear();
      this.dialog.close();
    });
  }

  /** @param {() => unknown} work */
  async #attempt(work) {
    try {
      say(this.$(".said"), "");
      await work();
    } catch (error) {
      say(this.$(".said"), sentence(error), true);
    }
  }
}

/** @param {number} count of images */
const counted = (count) => (count === 1 ? "1 image" : `${count} images`);
