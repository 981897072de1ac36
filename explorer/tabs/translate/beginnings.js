// What a drawing can begin with: an example, a generator's sample, a picture of one's own.
import { finder } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { Webcam, acceptPastes, base64, pictureOf } from "../../web/lib/sources.js";
import { dropped } from "../../web/lib/upload.js";

const SEEDS = 2 ** 32;

/** @typedef {import("./model.js").Translator} Translator */

/**
 * @typedef {object} Host
 * @property {Translator | null} model
 * @property {(ground: object) => Promise<void>} begin with a drawing's fields, on which nothing is drawn yet
 * @property {(recipe: any) => Promise<void>} open
 * @property {(work: () => unknown) => Promise<void>} attempt
 */

export class Beginnings {
  #last = -1; // example that was shown

  /** @param {HTMLElement} element of the tab @param {Server} server @param {Host} host */
  constructor(element, server, host) {
    this.$ = finder(element);
    this.server = server;
    this.host = host;
    this.webcam = new Webcam(this.$("video"));
    const take = (/** @type {File | undefined} */ file) => file && host.attempt(() => this.take(file));
    this.$("[type=file]").addEventListener("change", (/** @type {any} */ { target }) => {
      take(target.files[0]);
      target.value = "";
    });
    dropped(this.$(".paper"), this.$(".paper"), take);
    acceptPastes(element, take);
  }

  /** An example other than the last one. */
  async example() {
    const count = this.host.model?.examples ?? 0;
    if (!count) throw new Error("This translator carries no examples. Draw something, or upload a picture.");
    const step = count > 1 ? 1 + Math.floor(Math.random() * (count - 1)) : 0;
    this.#last = this.#last < 0 ? Math.floor(Math.random() * count) : (this.#last + step) % count;
    await this.host.begin({ example: this.#last });
  }

  async sample() {
    const checkpoint = this.$("[data-field=generator]").value;
    await this.host.begin({ sample: { checkpoint, seed: Math.floor(Math.random() * SEEDS) } });
  }

  /** A file: a PNG with a recipe opens it, any other picture is given. @param {File} file */
  async take(file) {
    const { model } = this.host;
    if (!model) return;
    if (file.type === "image/png" && file.size < 5e6) {
      const { recipe } = await ask(this.server.open_translation, {
        data: await base64(file),
        checkpoint: model.name,
      });
      if (recipe) return this.host.open(recipe);
    }
    await this.give(await pictureOf(file, this.server));
  }

  /** @param {import("../../web/lib/sources.js").Picture} picture */
  async give({ image, size }) {
    const { model } = this.host;
    if (!model) return;
    await this.host.begin({ image: await squared(image, size, Math.max(model.resolution, model.givenResolution)) });
  }

  async plug() {
    await this.webcam.open();
    this.$(".camera").hidden = false;
    this.$(".camera").scrollIntoView({ block: "center" });
  }

  async shoot() {
    const picture = await this.webcam.shot();
    this.unplug();
    await this.give(picture);
  }

  unplug() {
    this.webcam.close();
    this.$(".camera").hidden = true;
  }
}

/** The square in a picture's middle as base64 of a PNG of so many pixels a side. @param {CanvasImageSource} image @param {{width: number, height: number}} size @param {number} side */
export async function squared(image, { width, height }, side) {
  const canvas = new OffscreenCanvas(side, side);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const from = Math.min(width, height);
  Object.assign(context, { imageSmoothingQuality: "high", fillStyle: "#fff" });
  context.fillRect(0, 0, side, side); // under what can be seen through
  context.drawImage(image, (width - from) / 2, (height - from) / 2, from, from, 0, 0, side, side);
  return base64(await canvas.convertToBlob({ type: "image/png" }));
}
