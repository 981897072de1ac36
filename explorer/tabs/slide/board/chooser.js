// The dialog in which sliders are chosen from the directions of all methods.
import { base64Of } from "../../../web/lib/bytes.js";
import { download, finder, make, say, sentence } from "../../../web/lib/dom.js";
import { ask } from "../../../web/lib/rpc.js";
import { MAX_SHOWN, OWN, made, searchWords, searched, withoutOwn } from "./choice.js";
import { effectBar, effectWords } from "./effects.js";
import { Learning } from "./learning.js";

/** @typedef {import("./choice.js").Direction} Direction */
/** @typedef {import("./collection.js").Collection} Collection */

const MAX_FILE = 5e6; // bytes
let count = 0; // of bars, for ids of elements

export class Chooser {
  /** @param {HTMLDialogElement} dialog @param {Collection} collection @param {Server} server @param {{renew: () => Promise<unknown>, make: () => void}} on what else its buttons lead to */
  constructor(dialog, collection, server, on) {
    this.dialog = dialog;
    this.collection = collection;
    this.server = server;
    this.$ = finder(dialog);
    this.learning = new Learning(this.$, server, on.renew);
    this.$("[type=search]").oninput = () => this.#list();
    this.$(".list").addEventListener("change", (/** @type {any} */ { target }) => this.#toggle(target));
    this.$("[data-do=export]").onclick = () => this.#attempt(() => this.#export());
    this.$("[data-do=import]").onclick = () => this.$("[type=file]").click();
    this.$("[data-do=make]").onclick = () => {
      dialog.close();
      on.make();
    };
    this.$("[data-do=defaults]").onclick = () => collection.set({ ...collection.choice, chosen: null });
    this.$("[type=file]").onchange = () => this.#attempt(() => this.#import());
  }

  open() {
    this.#say("");
    this.$("[type=search]").value = "";
    this.show();
    this.dialog.showModal();
    this.$("[type=search]").focus();
  }

  /** Show what there is now, if it is open. */
  show() {
    this.learning.show(this.collection.found, this.collection.checkpoint);
    this.#list();
  }

  #list() {
    const { list, ids, methods, found } = this.collection;
    this.$("[type=search]").placeholder = `Search: ${searchWords(found.directions, methods)} …`;
    const matching = searched(list, this.$("[type=search]").value, methods);
    const order = [OWN, "channels", ...found.methods.map(({ name }) => name)];
    const groups = [...new Set(order)].map((name) => [name, matching.filter(({ method }) => method === name)]);
    const shown = /** @type {[string, Direction[]][]} */ (groups).filter(([, directions]) => directions.length);
    this.$(".list").replaceChildren(...shown.map(([name, directions]) => this.#group(name, directions)));
    if (!shown.length) this.$(".list").append(make("p", { textContent: "No direction matches these words." }));
    this.$(".count").textContent = `${ids.length} of ${MAX_SHOWN} sliders`;
    this.$("[data-do=export]").disabled = !ids.length;
    this.$("[data-do=defaults]").disabled = !this.collection.choice.chosen;
  }

  /** @param {string} name of the method @param {Direction[]} directions */
  #group(name, directions) {
    const { methods, found } = this.collection;
    const help = found.methods.find((method) => method.name === name)?.help ?? "";
    const head = make("legend", {}, methods[name] ?? name);
    const group = make("fieldset", {}, head);
    if (help) group.append(make("small", { textContent: help }));
    group.append(...directions.map((one) => this.#item(one)));
    return group;
  }

  /** @param {Direction} direction */
  #item(direction) {
    const { collection } = this;
    const { title } = direction;
    const box = make("input", { type: "checkbox", value: direction.id });
    box.checked = collection.ids.includes(direction.id);
    const words = make("small", { textContent: effectWords(direction) });
    const bar = effectBar(direction, `listed-${(count += 1)}`);
    bar.setAttribute("aria-hidden", "true"); // the same words stand below
    const label = make("label", {}, box, make("span", { textContent: title, title }), bar, words);
    const item = make("div", { className: "item" }, label);
    if (collection.choice.own.some(({ id }) => id === direction.id)) {
      const remove = make("button", { type: "button", textContent: "Delete", ariaLabel: `Delete ${title}` });
      remove.onclick = () => collection.set(withoutOwn(collection.choice, direction.id));
      item.append(remove);
    }
    return item;
  }

  /** @param {HTMLInputElement} box */
  #toggle(box) {
    const { value } = box;
    this.#attempt(() => this.collection.toggle(value, box.checked));
    const boxes = /** @type {HTMLInputElement[]} */ ([...this.$(".list").querySelectorAll("input")]);
    boxes.find((other) => other.value === value)?.focus();
  }

  async #export() {
    const { shown, checkpoint, methods } = this.collection;
    const directions = shown.map(({ id, title, layers: [first, last], low, high, note, method }) => ({
      ...{ id, title, first, last, low, high },
      note: [methods[method] ?? method, note].filter(Boolean).join(": ").slice(0, 500),
    }));
    const { name, data } = await ask(this.server.export_directions, { checkpoint, directions });
    download(name, `data:application/octet-stream;base64,${data}`);
    this.#say(`${directions.length} directions were written to ${name}.`);
  }

  async #import() {
    const input = this.$("[type=file]");
    const file = input.files[0];
    input.value = "";
    if (!file) return;
    if (file.size > MAX_FILE) throw new Error("The file is larger than 5 MB. Choose one that was exported from Slide.");
    const data = base64Of(new Uint8Array(await file.arrayBuffer()));
    const { checkpoint } = this.collection;
    const { directions } = await ask(this.server.import_directions, { checkpoint, data });
    if (checkpoint !== this.collection.checkpoint) return;
    /** @type {Direction[]} */
    const read = directions.map((/** @type {any} */ { id, title, first, last, low, high, note }) =>
      made(id, title || "Imported", { layers: [first, last], low, high, note }),
    );
    const there = read.filter(({ id }) => this.collection.byId(id)).length;
    this.collection.add(read);
    this.#say(
      `${read.length} directions were read from ${file.name}${there ? `, of which ${there} were there already` : ""}.`,
    );
  }

  /** @param {() => unknown} work */
  async #attempt(work) {
    try {
      this.#say("");
      await work();
    } catch (error) {
      this.#list();
      this.#say(sentence(error), true);
    }
  }

  /** @param {string} text */
  #say(text, bad = false) {
    say(this.$(".said"), text, bad);
  }
}
