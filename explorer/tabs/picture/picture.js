// The dialog that opens a picture of one's own, and the one that shows the real images nearest to an image.
import { finder, offer, say, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { dropped } from "../../web/lib/upload.js";
import { Crop } from "./crop.js";
import { Guesses } from "./guesses.js";
import { NearestDialog } from "./nearest.js";
import { Search } from "./search.js";
import { told } from "./stages.js";
import { Webcam, pasted, pictureOf } from "../../web/lib/sources.js";

const SIDES = [4, 8, 16, 32, 64, 128]; // views that can be chosen, where they are smaller than the images

/**
 * @param {HTMLElement} element
 * @param {Props} _props
 * @param {Server} server
 * @param {Trigger} trigger
 */
export function mount(element, _props, server, trigger) {
  const dialog = new PictureDialog(element, server, (recipe) => trigger("opened", { recipe }));
  const $ = finder(element);
  element.addEventListener("click", (/** @type {any} */ { target }) => {
    const button = target.closest("[data-do]");
    if (button) attempt(dialog, () => dialog.actions[button.dataset.do]());
  });
  element.addEventListener("input", (/** @type {any} */ { target }) => dialog.changes[target.dataset.field]?.(target));
  $("[type=file]").addEventListener("change", (/** @type {any} */ { target }) => dialog.take(target.files[0]));
  dropped($(".open-picture"), $(".zone"), (file) => dialog.take(file));
  $(".open-picture").addEventListener("close", () => dialog.another());
  $(".open-picture").addEventListener("paste", (/** @type {ClipboardEvent} */ event) => {
    const file = pasted(event);
    if (!file) return;
    event.stopPropagation(); // Slide would open it once more
    dialog.take(file);
  });
  document.addEventListener("explorer:picture", (/** @type {any} */ { detail }) =>
    dialog.open(detail.checkpoint, detail.file),
  );
  document.addEventListener("explorer:nearest", (/** @type {any} */ { detail }) =>
    dialog.nearest.ofRecipe(detail.recipe),
  );
}

class PictureDialog {
  #checkpoint = "";
  /** @type {any} what the server's `look` says of the model */
  #model = null;
  #turn = 0; // counts the pictures and dialogs, so that a late answer about an earlier one is left aside

  /** @param {HTMLElement} element @param {Server} server @param {(recipe: Recipe) => void} use */
  constructor(element, server, use) {
    this.element = element;
    this.$ = finder(element);
    this.server = server;
    this.use = use;
    this.webcam = new Webcam(this.$("video"));
    this.nearest = new NearestDialog(this.$(".nearest"), server);
    this.search = new Search(server);
    this.guesses = new Guesses(this.$(".open-picture"));
    this.crop = new Crop(this.$(".crop"), () => this.#show());
  }

  /** @param {string} text @param {string} title of the tooltip */
  say(text, bad = false, title = "") {
    say(Object.assign(this.$(".open-picture .said"), { title }), text, bad);
  }

  /** Open for a checkpoint; with a file, at once with that. @param {string} checkpoint @param {File | undefined} file */
  async open(checkpoint, file) {
    if (!this.$(".open-picture").open) this.$(".open-picture").showModal();
    this.#checkpoint = checkpoint;
    this.#model = null;
    this.another();
    const turn = this.#turn;
    this.$(".choose").hidden = true;
    this.say("Looking at the model …");
    try {
      const model = await ask(this.server.look, { checkpoint });
      if (turn !== this.#turn) return;
      this.#model = model;
      offerModel(this.element, model);
      this.$(".choose").hidden = false;
      this.say("");
      if (file) await this.take(file);
    } catch (error) {
      if (turn === this.#turn) this.say(sentence(error), true);
    }
  }

  /** Show a file's picture. @param {(Blob & {name?: string}) | undefined} file */
  async take(file) {
    if (!file || !this.#model) return;
    this.another();
    const turn = this.#turn;
    try {
      this.say("Opening the picture …");
      const picture = await pictureOf(file, this.server);
      if (turn === this.#turn) this.#edit(picture);
    } catch (error) {
      if (turn === this.#turn) this.say(sentence(error), true);
    }
  }

  /** Let the picture be cropped. @param {import("../../web/lib/sources.js").Picture} picture */
  #edit({ image, size }) {
    for (const field of ["brush", "negative"]) this.$(`[data-field=${field}]`).checked = false;
    this.crop.open(image, size);
    this.$(".choose").hidden = this.$(".camera").hidden = true;
    for (const part of [".pair", ".options", "[data-do=search]", "[data-do=another]"]) this.$(part).hidden = false;
    nextStep(this.$);
    this.say(
      this.#model.ready ? "" : "The first search in this checkpoint trains an encoder, which takes some minutes.",
    );
    this.$(".crop").focus();
  }

  /** Forget the picture; another can be chosen. */
  another() {
    this.#turn += 1;
    this.search.cancel();
    this.webcam.close();
    this.guesses.clear();
    this.$("[type=file]").value = "";
    this.$(".choose").hidden = false;
    for (const part of [".camera", ".pair", ".options", ".warning", "progress"]) this.$(part).hidden = true;
    for (const name of ["search", "cancel", "use", "near", "another"]) this.$(`[data-do=${name}]`).hidden = true;
    this.say("");
  }

  /** Search, showing what comes. */
  async begin() {
    const turn = this.#turn;
    this.#searching(true);
    try {
      const field = (/** @type {string} */ name) => this.$(`[data-field=${name}]`).value;
      const label = field("label");
      const question = {
        ...this.crop.sent(this.#model.resolution),
        checkpoint: this.#checkpoint,
        side: Number(field("side")),
        starts: Number(field("starts")),
        label: label === "" ? null : Number(label),
      };
      const result = await this.search.run(question, (news) => turn === this.#turn && this.#follow(news));
      if (turn !== this.#turn) return;
      this.#done(result);
    } catch (error) {
      if (turn === this.#turn) this.say(sentence(error), true);
    } finally {
      if (turn === this.#turn) this.#searching(false);
    }
  }

  /** @param {boolean} now whether it searches */
  #searching(now) {
    this.crop.frozen = this.$(".options").disabled = now;
    this.$("[data-do=cancel]").hidden = this.$("progress").hidden = !now;
    this.$("[data-do=search]").hidden = now;
    nextStep(this.$);
    if (!now) return;
    this.$("progress").removeAttribute("value");
    this.guesses.clear();
    for (const name of ["use", "near"]) this.$(`[data-do=${name}]`).hidden = true;
    this.say("Searching …");
  }

  /** @param {any} news of a search */
  #follow({ stage, step, steps, images }) {
    if (stage) {
      const { words, term, share } = told(stage, step, steps);
      this.$("progress").value = share;
      this.say(`Searching: ${words}`, false, term);
    }
    if (images) this.guesses.show(images);
  }

  /** @param {any} result */
  #done({ label, ...result }) {
    const sentences =
      label === null ? result.sentences : [...result.sentences, `Class: ${this.#model.classes[label]}.`];
    this.guesses.settle({ ...result, sentences });
    this.$("[data-do=use]").hidden = false;
    this.$("[data-do=near]").hidden = !this.#model.reference;
    this.say("");
    this.$("[data-do=use]").focus();
  }

  /** What the crop looks like has changed. */
  #show() {
    this.$("[data-field=zoom]").value = this.crop.view.zoom;
    this.$("[data-do=unrub]").hidden = !this.crop.rubbed;
    const side = Number(this.$("[data-field=side]").value);
    this.$(".warning").hidden = !(side || this.crop.rubbed);
    this.$(".warning").textContent = side
      ? "A small picture leaves open what it shows: every detail that appears is invented, and nobody can be recognised by it."
      : "What is rubbed out will be invented.";
  }

  /** @type {Record<string, (input: any) => void>} */
  changes = {
    zoom: ({ valueAsNumber }) => this.crop.zoom(valueAsNumber),
    side: () => this.#show(),
    brush: ({ checked }) => {
      this.crop.brush = checked;
      this.crop.draw();
      if (checked) this.$("[data-field=starts]").value = "4";
    },
    negative: ({ checked }) => {
      this.crop.negative = checked;
      this.crop.draw();
    },
  };

  /** @type {Record<string, () => unknown>} */
  actions = {
    webcam: async () => {
      await this.webcam.open();
      this.$(".choose").hidden = true;
      this.$(".camera").hidden = this.$("[data-do=another]").hidden = false;
    },
    shoot: async () => {
      const picture = await this.webcam.shot();
      this.webcam.close();
      this.#edit(picture);
    },
    search: () => this.begin(),
    cancel: () => {
      this.search.cancel();
      this.#turn += 1;
      this.#searching(false);
      this.say("Cancelled.");
    },
    unrub: () => this.crop.unrub(),
    another: () => this.another(),
    use: () => {
      this.use(this.guesses.recipe);
      this.$(".open-picture").close();
    },
    near: () => this.nearest.ofPicture(this.#checkpoint, this.crop.sent(this.#model.resolution).picture),
    close: () => this.$(".open-picture").close(),
  };
}

/** Do something whose failure is a sentence in the dialog. @param {PictureDialog} dialog @param {() => unknown} work */
async function attempt(dialog, work) {
  try {
    await work();
  } catch (error) {
    dialog.say(sentence(error), true);
  }
}

/** One button is the next step: to search, or to open what was found. @param {(selector: string) => any} $ */
function nextStep($) {
  const found = !$("[data-do=use]").hidden;
  $("[data-do=search]").classList.toggle("primary", !found);
  $("[data-do=search]").textContent = found ? "Search again" : "Search";
}

/** What can be chosen for a model. @param {HTMLElement} element @param {any} model */
function offerModel(element, { classes, tries_all, channels, resolution }) {
  const $ = finder(element);
  const named = classes.map((/** @type {string} */ name, /** @type {number} */ i) => [i, name]);
  offer($("[data-field=label]"), tries_all ? [["", "whichever comes nearest"], ...named] : named);
  $("[data-needs=classes]").hidden = !classes.length;
  $("[data-needs=grey]").hidden = channels !== 1;
  const sides = SIDES.filter((side) => side < resolution);
  offer($("[data-field=side]"), [
    [0, "all its pixels"],
    ...sides.map((side) => /** @type {[number, string]} */ ([side, `${side} x ${side} pixels`])),
  ]);
}
