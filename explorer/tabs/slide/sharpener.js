// The big picture four times as large, in the page, with detail that a translator makes up. Off until it is asked for.
import { put } from "../../web/lib/canvas.js";
import { finder, sentence } from "../../web/lib/dom.js";
import { askWhile } from "../../web/lib/rpc.js";
import { latest } from "../../web/lib/timing.js";
import { Network } from "../../web/render/network.js";
import { withoutAlpha } from "../../web/render/tensors.js";

/** @typedef {import("../../web/render/network.js").Translator & {scale: number}} Enlarging */

export class Sharpener {
  /** @type {Enlarging | null} that fits the model that is shown */
  #network = null;
  #on = false;
  #checkpoint = ""; // of that model

  /** @param {HTMLElement} element @param {Server} server @param {(text: string, bad?: boolean) => void} say */
  constructor(element, server, say) {
    this.$ = finder(element);
    this.server = server;
    this.say = say;
    this.runner = new Network(server, () => {});
    this.button = this.$("[data-do=sharpen]");
  }

  /** Offer the switch where something in the box fits a model. @param {string} checkpoint */
  async #offer(checkpoint) {
    this.#checkpoint = checkpoint;
    this.#network = null;
    this.#switch(false);
    this.button.hidden = true;
    const found = await askWhile(() => this.#checkpoint === checkpoint, this.server.sharpener, { checkpoint });
    if (!found) return;
    const { sharpener } = found;
    this.#network = sharpener;
    this.button.hidden = !sharpener;
    if (!sharpener) return;
    this.button.textContent = `Sharpen ×${sharpener.scale}`;
    this.button.title = `Show the image ${sharpener.scale} times as large, with detail that ${sharpener.name} makes up`;
    this.$(".invented").textContent = `×${sharpener.scale} by ${sharpener.name}: invented detail`;
  }

  /** Turn it on or off. */
  async toggle() {
    this.#switch(!this.#on);
    if (this.#on) await this.#sharpen();
  }

  /** @param {boolean} on */
  #switch(on) {
    this.#on = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.#show(false);
  }

  /** @param {boolean} sharp whether the sharpened image is seen, and the mark on it */
  #show(sharp) {
    for (const part of [".sharpened", ".invented"]) this.$(part).hidden = !sharp;
  }

  /** Another image was painted: it is seen as it is until it is sharpened. @param {string} checkpoint of its model */
  follow(checkpoint) {
    if (checkpoint !== this.#checkpoint) this.#offer(checkpoint).catch((error) => this.say(sentence(error), true));
    if (!this.#on) return;
    this.#show(false);
    this.#sharpen();
  }

  #sharpen = latest(async () => {
    const [image, sharpened, network] = [this.$(".image"), this.$(".sharpened"), this.#network];
    if (!network || !this.#on) return;
    try {
      await this.runner.prepare(network.name);
      if (!this.runner.ready(network.name)) throw new Error(this.runner.reason || "it has no runtime");
      const { painted } = image.dataset;
      const [{ side, rgba }] = await this.runner.translated(network, { pixels: given(image, network), back: false }, [
        null,
      ]);
      if (!this.#on || network !== this.#network || painted !== image.dataset.painted) return; // another one is on its way
      put(sharpened, new ImageData(/** @type {any} */ (rgba), side, side));
      this.#show(true);
    } catch (error) {
      if (network !== this.#network) return;
      this.#switch(false);
      this.say(`The browser cannot sharpen the image (${/** @type {Error} */ (error).message}).`, true);
    }
  });
}

/** What a network reads of a canvas. @param {HTMLCanvasElement} canvas @param {Enlarging} network */
function given(canvas, { givenChannels }) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const rgb = withoutAlpha(context.getImageData(0, 0, canvas.width, canvas.height).data);
  return givenChannels === 3 ? rgb : rgb.filter((_, i) => i % 3 === 0);
}
