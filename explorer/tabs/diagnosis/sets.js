// Two sets of images: names them, uploads them, has them compared, and tells how far that is.
import { download, finder, make, offer, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { dropped, uploaded } from "../../web/lib/upload.js";

const EVERY = 1000; // ms between two looks at a diagnosis under way

/** @typedef {{off: string, maximum: number}} Sets why there is no such form, bytes of an upload */

export class SetsForm {
  /** @type {Record<string, {name: string, path: string}>} side -> the uploaded file, while its name stands in the field */
  #files = {};
  #side = "real"; // which side a file is being chosen for
  sets = ""; // the finished diagnosis that is shown
  #running = "";

  /** @param {HTMLElement} element @param {() => Sets} allowed @param {Server} server @param {import("./status.js").Status} status @param {(sets: string) => Promise<unknown>} show */
  constructor(element, allowed, server, status, show) {
    this.form = /** @type {HTMLFormElement} */ (element.querySelector("form.sets"));
    this.$ = finder(this.form);
    this.allowed = allowed;
    this.server = server;
    this.status = status;
    this.show = show;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    this.$("[type=file]").addEventListener("change", (/** @type {any} */ { target }) => {
      this.take(this.#side, target.files[0]);
      target.value = "";
    });
    for (const field of /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-side]"))) {
      if (field.tagName !== "FIELDSET") continue;
      dropped(field, field, (file) => this.take(String(field.dataset.side), file));
    }
  }

  /** What its buttons do. @type {Record<string, (button: DOMStringMap) => unknown>} */
  actions = {
    upload: ({ side = "" }) => this.choose(side),
    cancel: () => this.cancel(),
    report: () => this.report(),
  };

  /** Show or hide the form. @param {boolean} shown @param {string} model what the generated images usually are of */
  async open(shown, model = "") {
    this.form.hidden = !shown;
    this.$("[data-field=fake]").value ||= model;
    const { off } = this.allowed();
    this.$(".off").hidden = !off;
    this.$(".off").textContent = off;
    for (const part of this.form.querySelectorAll("fieldset, .run")) /** @type {any} */ (part).hidden = Boolean(off);
    if (off || !shown) return;
    const { known, extractors } = await ask(this.server.names, {});
    this.$("datalist").replaceChildren(...known.map((/** @type {string} */ value) => make("option", { value })));
    const usual = /** @type {[string, string]} */ (["", "the usual network for the real images"]);
    const named = extractors.map((/** @type {[string, string]} */ [name, help]) => [name, `${name}: ${help}`]);
    if (!this.$("[data-field=extractor]").children.length) offer(this.$("[data-field=extractor]"), [usual, ...named]);
  }

  /** Let a file be chosen for a side. @param {string} side */
  choose(side) {
    this.#side = side;
    this.$("[type=file]").click();
  }

  /** Send a file to the server, to be that side. @param {string} side @param {File | undefined} file */
  async take(side, file) {
    if (!file) return;
    const field = this.$(`[data-field=${side}]`);
    try {
      this.status.busy(`Uploading ${file.name} …`, true);
      this.#files[side] = { name: file.name, path: await uploaded(file, this.allowed().maximum) };
      field.value = file.name;
      this.status.busy(`${file.name} is uploaded.`, false);
    } catch (error) {
      this.status.busy("", false);
      this.status.say(sentence(error));
    }
  }

  /** What a side is, for the server. @param {string} side */
  #place(side) {
    const { value } = this.$(`[data-field=${side}]`);
    const file = this.#files[side];
    return file?.name === value ? file.path : value;
  }

  /** Begin a diagnosis, and show it once it is made. */
  async start() {
    this.status.say("");
    this.#busy(true);
    try {
      const extractor = this.$("[data-field=extractor]").value;
      const question = { real: this.#place("real"), fake: this.#place("fake"), extractor };
      const { sets } = await ask(this.server.start, question);
      this.#running = sets;
      await this.#wait(sets);
      this.sets = sets;
      await this.show(sets);
      this.$("[data-do=report]").hidden = false;
    } catch (error) {
      this.status.busy("", false);
      this.status.say(sentence(error));
    } finally {
      this.#running = "";
      this.#busy(false);
    }
  }

  /** Until a diagnosis is made; throws its failure. @param {string} sets */
  async #wait(sets) {
    for (;;) {
      const { done, said } = await ask(this.server.progress, { sets });
      if (done) return;
      if (!this.form.hidden) this.status.busy(`${said} …`, true);
      await new Promise((later) => setTimeout(later, EVERY));
    }
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.$("[type=submit]").disabled = busy;
    this.$("[data-do=cancel]").hidden = !busy;
    if (busy) this.$("[data-do=report]").hidden = true;
  }

  /** End what is under way. */
  async cancel() {
    if (this.#running) await ask(this.server.cancel, { sets: this.#running });
  }

  /** Save the report. */
  async report() {
    const { html } = await ask(this.server.report, { sets: this.sets });
    const place = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    download("diagnosis.html", place);
    setTimeout(() => URL.revokeObjectURL(place), EVERY);
  }
}
