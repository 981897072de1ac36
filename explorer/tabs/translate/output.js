// What comes of the drawing: drawn again at each change, at the display's rate; the newest always wins.
import { erase, put } from "../../web/lib/canvas.js";
import { finder, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { debounced, latest } from "../../web/lib/timing.js";
import { squared } from "./beginnings.js";
import { Lens } from "./lens.js";
import { isEmpty } from "./model.js";
import { Result } from "./result.js";
import { inChannels, shown, withoutAlpha } from "../../web/render/tensors.js";

const REST = 150; // ms without a change until what takes longer is drawn
const WINDOW = 1000; // ms over which images are counted
const GAIN = 4; // of the difference that is shown

/** @typedef {import("../../web/render/network.js").Picture} Picture */
/** @typedef {import("./translate.js").TranslateTab} Tab */

export class Output {
  /** @type {ImageData | null} what should come of it */
  truth = null;
  /** @type {Picture | null} what has come of it */
  picture = null;
  #heat = false;
  /** @type {number[]} when images were shown */
  #shown = [];

  /** @param {HTMLElement} element of the tab @param {Tab} tab */
  constructor(element, tab) {
    this.$ = finder(element);
    this.tab = tab;
    this.result = new Result(element);
    this.lens = new Lens(element);
  }

  /** @param {import("./model.js").Translator} model */
  offer(model) {
    this.#heat &&= model.critic;
    this.picture = null;
    this.result.heat(null);
    this.lens.toggle(false);
    this.$("[data-do=heat]").setAttribute("aria-pressed", String(this.#heat));
  }

  /** Who draws, and how fast. */
  tell() {
    const { state, reason, backend } = this.tab.network;
    const rate = this.#shown.length > 5 ? `, ${this.#shown.length} images/s` : "";
    const where = { page: "in the browser", loading: "on the server, loading the network …" }[state] ?? "on the server";
    Object.assign(this.$(".runs"), { textContent: `translated ${where}${rate}`, title: reason || backend });
    this.$(".runs").dataset.state = state;
  }

  /** Draw what the paper shows now. */
  draw = latest(async () => {
    const { tab } = this;
    const { model, drawing } = tab;
    if (!model) return;
    try {
      const pixels = tab.easel.pixels(model, drawing.back);
      const why = isEmpty(drawing) && !tab.easel.stroke ? blank(model) : unmasked(model, pixels);
      if (why) return this.#nothing(why);
      const style = tab.styles.z;
      const by = tab.network.ready(model.name, drawing.back ? "back" : "translate") ? "page" : "server";
      const [picture] = await tab.network.translated(model, { pixels, back: drawing.back }, [style]);
      await new Promise((frame) => requestAnimationFrame(frame));
      if (model !== tab.model) return;
      this.picture = picture;
      this.result.show(picture);
      this.#compare(pixels);
      this.#count(by);
      this.#rest(pixels);
    } catch (error) {
      tab.say(sentence(error), true);
    }
  });

  /** @param {string} why nothing comes of it */
  #nothing(why) {
    this.picture = null;
    this.lens.clear();
    this.tab.styles.showNine([]);
    for (const canvas of [".again", ".lost"]) erase(this.$(canvas));
    this.$(".loss").textContent = "difference";
    this.result.clear(why);
    this.result.set("input", null);
    this.result.set("truth", null);
  }

  /** @param {Uint8Array} pixels that the network read */
  #compare(pixels) {
    const { model, drawing } = this.tab;
    if (!model) return;
    const side = Math.sqrt(pixels.length / this.#channels);
    const given = drawing.back || !model.masked ? pixels : withoutMask(pixels, this.#channels);
    const channels = drawing.back ? model.channels : model.givenChannels;
    const input = new ImageData(shown(given, channels), side, side);
    this.result.set("input", input);
    this.result.set("truth", this.truth);
    if (this.picture) this.lens.show(input, this.picture, this.truth);
  }

  /** Of what the network reads, a mask included. */
  get #channels() {
    const { model, drawing } = this.tab;
    if (!model) return 1;
    return drawing.back ? model.channels : model.givenChannels + Number(model.masked);
  }

  /** @param {string} by who drew it */
  #count(by) {
    const now = performance.now();
    this.#shown = [...this.#shown.filter((time) => time > now - WINDOW), now];
    const { dataset } = this.$(".output");
    Object.assign(dataset, { by, painted: Number(dataset.painted || 0) + 1 });
    this.tell();
  }

  /** What takes longer: once nothing has changed for a moment. */
  #rest = debounced((/** @type {Uint8Array} */ pixels) => this.tab.attempt(() => this.#settle(pixels)), REST);

  /** @param {Uint8Array} pixels that the network read */
  async #settle(pixels) {
    const { model, drawing, network, styles } = this.tab;
    const { picture } = this;
    if (!model || !picture) return;
    if (model.zDim && !drawing.back) {
      const codes = await styles.nine(model);
      styles.showNine(await network.translated(model, { pixels, back: false }, codes));
    }
    const channels = drawing.back ? model.givenChannels : model.channels;
    const made = inChannels(withoutAlpha(picture.rgba), channels);
    if (this.#heat) this.result.heat(drawing.back ? null : await network.patches(model, pixels, made));
    if (model.twoWay) await this.#round(pixels, made);
  }

  /** There and back again: what is lost on the way. @param {Uint8Array} pixels @param {Uint8Array} made */
  async #round(pixels, made) {
    const { model, drawing, network } = this.tab;
    if (!model) return;
    const [again] = await network.translated(model, { pixels: made, back: !drawing.back }, [null]);
    const first = shown(pixels, this.#channels);
    const off = again.rgba.map((value, i) => (i % 4 === 3 ? 0 : Math.abs(value - first[i])));
    const mean = off.reduce((sum, value) => sum + value, 0) / (0.75 * off.length);
    const lost = off.map((value, i) => (i % 4 === 3 ? 255 : Math.min(255, GAIN * value)));
    put(this.$(".again"), new ImageData(/** @type {any} */ (again.rgba), again.side, again.side));
    put(this.$(".lost"), new ImageData(/** @type {any} */ (lost), again.side, again.side));
    this.$(".loss").textContent = `difference, ${GAIN} times as bright: ${mean.toFixed(1)} of 255 on average`;
  }

  /** Show or hide what the critic says. */
  toggleHeat() {
    this.#heat = !this.#heat;
    this.$("[data-do=heat]").setAttribute("aria-pressed", String(this.#heat));
    if (!this.#heat) this.result.heat(null);
    return this.draw();
  }

  /** Nine other styles. */
  nineOthers() {
    this.tab.styles.others();
    return this.draw();
  }

  /** The style of a picture. @param {string} picture base64 of a file */
  async styleOf(picture) {
    const { tab } = this;
    const { z } = await ask(tab.server.style, { checkpoint: tab.model?.name, picture });
    tab.restyle({ seed: null, z }, true);
  }

  /** The output as base64 of a PNG. */
  asPng() {
    const { output } = this.result;
    return squared(output, output, output.width);
  }
}

/** Why nothing comes of empty paper. @param {import("./model.js").Translator} model */
const blank = ({ masked }) =>
  masked
    ? "Begin with an example or a picture of yours, and brush over what is to be filled in."
    : "Draw something, or begin with an example.";

/** Why nothing comes of a mask, the pixels' last channel; "" where it is sound. @param {import("./model.js").Translator} model @param {Uint8Array} pixels */
function unmasked({ masked, givenChannels }, pixels) {
  const mask = masked ? pixels.filter((_, i) => i % (givenChannels + 1) === givenChannels) : pixels;
  if (masked && !mask.some(Boolean)) return "The mask is empty. Brush over what is to be filled in.";
  if (masked && mask.every(Boolean)) return "The mask covers everything. Leave a part of the picture to go by.";
  return "";
}

/** Pixels without their last channel. @param {Uint8Array} pixels @param {number} channels */
function withoutMask(pixels, channels) {
  return pixels.filter((_, i) => i % channels !== channels - 1);
}
