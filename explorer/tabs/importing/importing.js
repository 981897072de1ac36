// The dialog that imports a generator: a file is dropped or chosen, told what it is, named, and made a checkpoint.
import { finder, make, say, sentence, toast } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { dropped, uploaded } from "../../web/lib/upload.js";

/** @typedef {{recognised: string, facts: [string, string][], tensors: [string, string][], licence: string, lost: string[], name: string}} Preview */

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} trigger
 */
export function mount(element, props, server, trigger) {
  const $ = finder(element);
  const dialog = new ImportDialog(element, props.value, server, (checkpoint) => trigger("imported", { checkpoint }));
  $("form").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    dialog.submit();
  });
  $("[data-do=open]").addEventListener("click", () => dialog.open());
  $("[data-do=close]").addEventListener("click", () => dialog.close());
  $("[type=file]").addEventListener("change", (/** @type {any} */ { target }) => dialog.take(target.files[0]));
  dropped($(".zone"), $(".zone"), (file) => dialog.take(file));
  const head = document.getElementById("head");
  if (head) dropped(head, $(".zone"), (file) => dialog.take(file));
}

class ImportDialog {
  #path = ""; // of the file on the server, once it is known what it is
  #turn = 0; // counts the files, so that a late answer about an earlier one is left aside

  /**
   * @param {HTMLElement} element
   * @param {{off: string, maximum: number}} limits why nothing can be imported, "" where it can; bytes of a file
   * @param {Server} server
   * @param {(checkpoint: string) => void} imported
   */
  constructor(element, { off, maximum }, server, imported) {
    this.element = element;
    this.$ = finder(element);
    this.off = off;
    this.maximum = maximum;
    this.server = server;
    this.imported = imported;
  }

  /** @param {string} text */
  #say(text, bad = false) {
    say(this.$(".said"), text, bad);
  }

  /** Forget the file before. */
  #begin() {
    this.#turn += 1;
    this.#path = "";
    this.$(".found").hidden = this.$("[type=submit]").hidden = true;
    this.#say("");
  }

  open() {
    if (this.$("dialog").open) return;
    this.#begin();
    this.$("[type=file]").value = "";
    this.$(".about").textContent = this.off;
    this.$(".zone").hidden = Boolean(this.off);
    this.$("dialog").showModal();
  }

  close() {
    this.$("dialog").close();
  }

  /** Send a file, and show what it is. @param {File | undefined} file */
  async take(file) {
    this.open();
    if (!file || this.off) return;
    this.#begin();
    const turn = this.#turn;
    try {
      this.#say(`Uploading ${file.name} …`);
      const path = await uploaded(file, this.maximum);
      if (turn === this.#turn) this.#say("Looking at what it is …");
      const found = await ask(this.server.look, { path });
      if (turn !== this.#turn) return;
      this.#path = path;
      this.#say("");
      show(this.element, /** @type {any} */ (found));
      this.$("[data-field=name]").select();
    } catch (error) {
      if (turn === this.#turn) this.#say(sentence(error), true);
    }
  }

  /** Make the checkpoint, and let it be chosen. */
  async submit() {
    const button = this.$("[type=submit]");
    if (!this.#path || button.disabled) return;
    button.disabled = true;
    this.#say("Importing …");
    try {
      const name = this.$("[data-field=name]").value.trim();
      const made = await ask(this.server.bring, { path: this.#path, name });
      this.imported(made.name);
      this.close();
      toast(`Imported ${made.name}.`);
    } catch (error) {
      this.#say(sentence(error), true);
    } finally {
      button.disabled = false;
    }
  }
}

/** Show what a file is. @param {HTMLElement} element @param {Preview} found */
function show(element, { recognised, facts, tensors, licence, lost, name }) {
  const $ = finder(element);
  const rows = [...facts, ["licence", licence || "the file names none"]];
  $(".found h4").textContent = recognised;
  const pair = (/** @type {string[]} */ [what, value]) => [
    make("dt", { textContent: what }),
    make("dd", { textContent: value }),
  ];
  $(".found dl").replaceChildren(...rows.flatMap(pair));
  $(".found ul").replaceChildren(...lost.map((textContent) => make("li", { textContent })));
  $(".found summary").textContent = `Tensors (${tensors.length})`;
  $(".found details").hidden = !tensors.length;
  const cells = (/** @type {string[]} */ texts) =>
    make("tr", {}, ...texts.map((textContent) => make("td", { textContent })));
  $(".found tbody").replaceChildren(...tensors.map(cells));
  $("[data-field=name]").value = name;
  $(".found").hidden = $("[type=submit]").hidden = false;
}
