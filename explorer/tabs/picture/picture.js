// The dialog that opens a picture of one's own, and the one that shows the real images nearest to an image.
import { finder, offer, say, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { dropped } from "../../web/lib/upload.js";
import { Crop } from "./crop.js";
import { NearestDialog } from "./nearest.js";
import { Searching } from "./searching.js";
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
  #turn = 0; // counts the pictures and dialogs, so that a late answer about an earlier one is left aside

  /** @param {HTMLElement} element @param {Server} server @param {(recipe: Recipe) => void} use */
  constructor(element, server, use) {
    this.element = element;
    this.$ = finder(element);
    this.server = server;
    this.use = use;
    this.webcam = new Webcam(this.$("video"));
    this.nearest = new NearestDialog(this.$(".nearest"), server);
    this.crop = new Crop(this.$(".crop"), () => this.#show());
    this.searching = new Searching(this.$(".open-picture"), server, this.crop);
  }

  /** @param {string} text @param {string} title of the tooltip */
  say(text, bad = false, title = "") {
    say(Object.assign(this.$(".open-picture .said"), { title }), text, bad);
  }

  /** Open for a checkpoint; with a file, at once with that. @param {string} checkpoint @param {File | undefined} file */
  async open(checkpoint, file) {
    if (!this.$(".open-picture").open) this.$(".open-picture").showModal();
    this.#checkpoint = checkpoint;
    this.searching.model = null;
    this.another();
    const turn = this.#turn;
    this.$(".choose").hidden = true;
    this.say("Looking at the model …");
    try {
      const model = await ask(this.server.look, { checkpoint });
      if (turn !== this.#turn) return;
      this.searching.model = model;
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
    if (!file || !this.searching.model) return;
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
    for (const part of [".pair", ".options", "[data-do=another]"]) this.$(part).hidden = false;
    this.searching.offer();
    this.say(
      this.searching.model.ready
        ? ""
        : "The first search in this checkpoint trains an encoder, which takes some minutes.",
    );
    this.$(".crop").focus();
  }

  /** Forget the picture; another can be chosen. */
  another() {
    this.#turn += 1;
    this.searching.clear();
    this.webcam.close();
    this.$("[type=file]").value = "";
    this.$(".choose").hidden = false;
    for (const part of [".camera", ".pair", ".options", ".warning", "[data-do=another]"]) this.$(part).hidden = true;
    this.say("");
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
    search: () => this.searching.search(this.#checkpoint),
    tune: () => this.searching.tune(),
    cancel: () => this.searching.cancel(),
    unrub: () => this.crop.unrub(),
    another: () => this.another(),
    use: () => {
      this.use(this.searching.recipe);
      this.$(".open-picture").close();
    },
    near: () => this.nearest.ofPicture(this.#checkpoint, this.crop.sent(this.searching.model.resolution).picture),
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
