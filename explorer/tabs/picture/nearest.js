// The real images nearest to an image, with the distances between real ones as the yardstick.
import { finder, make, say, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";

export class NearestDialog {
  /** @param {any} dialog @param {Server} server */
  constructor(dialog, server) {
    this.dialog = dialog;
    this.$ = finder(dialog);
    this.server = server;
  }

  /** @param {Recipe} recipe */
  ofRecipe(recipe) {
    return this.#show({ recipe });
  }

  /** @param {string} checkpoint @param {string} picture base64 */
  ofPicture(checkpoint, picture) {
    return this.#show({ checkpoint, picture });
  }

  /** @param {object} question */
  async #show(question) {
    for (const figure of this.dialog.querySelectorAll("figure")) figure.hidden = true;
    say(this.$(".said"), "Looking for the nearest ones …");
    if (!this.dialog.open) this.dialog.showModal();
    try {
      const { image, seen, real, text } = await ask(this.server.nearest, question);
      this.$(".subject").src = image;
      const images = (/** @type {string[]} */ uris, /** @type {string} */ alt) =>
        uris.map((src) => make("img", { src, alt }));
      this.$(".seen").replaceChildren(...images(seen, "image trained on"));
      this.$(".real").replaceChildren(...images(real, "held-out image"));
      for (const figure of this.dialog.querySelectorAll("figure")) figure.hidden = false;
      say(this.$(".said"), text);
    } catch (error) {
      say(this.$(".said"), sentence(error), true);
    }
  }
}
