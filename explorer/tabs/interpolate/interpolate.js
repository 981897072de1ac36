// The Interpolate tab: keyframes that can be moved and removed, and a player. The server sends one sheet of all frames;
// once the page can draw by itself it does so, at full size and between two frames, too.
import { floats } from "../../web/lib/bytes.js";
import { decodedImage, put } from "../../web/lib/canvas.js";
import { finder, make, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { latest } from "../../web/lib/timing.js";
import { engine } from "../../web/render/engine.js";
import { between, repeated } from "../../web/render/vectors.js";
import { keyframeItems } from "./keyframes.js";

const STRIP = 12; // frames in the strip below the player
const USUAL_FPS = 12;
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} trigger
 * @param {Watch} watch
 */
export function mount(element, props, server, trigger, watch) {
  const tab = new InterpolateTab(element, props, server, trigger);
  tab.listen();
  watch("value", () => tab.open());
  tab.open();
}

class InterpolateTab {
  /** @type {HTMLImageElement | null} the server's frames */
  #sheet = null;
  /** @type {(import("../../web/render/vectors.js").Path & {stamp: number}) | null} once the page may draw the path */
  #vectors = null;
  #playing = 0; // request of the next frame of the video

  /** @param {HTMLElement} element @param {Props} props @param {Server} server @param {Trigger} trigger */
  constructor(element, props, server, trigger) {
    this.element = element;
    this.props = props;
    this.server = server;
    this.trigger = trigger;
    this.$ = finder(element);
    this.canvas = this.$(".image");
    this.scrub = this.$(".scrub");
  }

  get value() {
    return this.props.value || {};
  }

  /** The server's frame of this number, onto a canvas of its size. @param {number} frame @param {HTMLCanvasElement} target */
  #cut(frame, target) {
    const { columns, tile } = this.value;
    const [x, y] = [(frame % columns) * tile, Math.floor(frame / columns) * tile];
    const sheet = /** @type {HTMLImageElement} */ (this.#sheet);
    target.getContext("2d")?.drawImage(sheet, x, y, tile, tile, 0, 0, tile, tile);
  }

  /** Show a place on the path, in frames from 0; between two frames where the page draws. */
  #show = latest(async (/** @type {number} */ place) => {
    const { tile, count } = this.value;
    const { canvas } = this;
    if (!this.#sheet) return;
    const frame = Math.min(Math.round(place), count - 1);
    const here = await this.#drawHere(place);
    if (!here) {
      if (canvas.width !== tile) [canvas.width, canvas.height] = [tile, tile];
      this.#cut(frame, canvas);
    }
    canvas.dataset.by = here ? "page" : "server";
    canvas.dataset.frame = frame;
    this.$(".count").textContent = `${frame + 1} / ${count}`;
  });

  /** Draw in the page. False where the server's frame has to do. @param {number} place */
  async #drawHere(place) {
    const { keyframes, path, stamp } = this.value;
    const vectors = this.#vectors;
    if (vectors?.stamp !== stamp || !vectors || !engine.ready(keyframes[0].checkpoint, keyframes)) return false;
    try {
      const [image] = await engine.synthesize([between(vectors, place, path.loop)]);
      await new Promise((frame) => requestAnimationFrame(frame));
      put(this.canvas, image);
      return true;
    } catch {
      return false;
    }
  }

  /** @param {number} place */
  #go(place) {
    this.scrub.value = place;
    this.#show(place);
  }

  /** Let the page draw this path: load the network, then fetch its frames as vectors. Nobody waits for it. */
  async prepare() {
    const { keyframes, path, stamp } = this.value;
    if (!this.element.offsetParent || !keyframes || !this.#sheet) return;
    const { checkpoint } = keyframes[0];
    await engine.prepare(this.server, checkpoint);
    if (!engine.ready(checkpoint, keyframes) || this.#vectors?.stamp === stamp) return;
    try {
      const { ws, noise, keys } = await ask(this.server.path, { keyframes, ...path });
      if (stamp !== this.value.stamp) return;
      const whole = ws.map((/** @type {string} */ text) => repeated(floats(text), engine.width));
      const sets = noise.map((/** @type {string[] | null} */ set) => set && set.map(floats));
      this.#vectors = { stamp, ws: whole, noise: sets, keys };
      this.#show(Number(this.scrub.value));
    } catch (error) {
      this.$(".message").textContent = sentence(error);
    }
  }

  pause() {
    cancelAnimationFrame(this.#playing);
    this.#playing = 0;
    this.#label("▶ Play", false);
  }

  /** Play from here at the path's own pace, however often the display asks for an image. */
  play() {
    this.pause();
    const [since, from] = [performance.now(), Number(this.scrub.value)];
    const step = (/** @type {number} */ now) => {
      const { fps, count, path } = this.value;
      const length = path.loop ? count : count - 1;
      this.#go((from + ((now - since) / 1000) * (fps || USUAL_FPS)) % length);
      this.#playing = requestAnimationFrame(step);
    };
    this.#playing = requestAnimationFrame(step);
    this.#label("❚❚ Pause", true);
  }

  /** @param {string} text @param {boolean} pressed */
  #label(text, pressed) {
    this.$(".play").textContent = text;
    this.$(".play").setAttribute("aria-pressed", String(pressed));
  }

  /** Show another path, or the same with other settings. */
  async open() {
    const { keyframes, sheet, count, note, stamp, path } = this.value;
    this.$(".message").textContent = note || "";
    if (!keyframes) return;
    const edit = (/** @type {Recipe[]} */ next) => this.trigger("edit", { keyframes: next });
    this.$(".keyframes").replaceChildren(...keyframeItems(this.value, edit));
    this.element.classList.toggle("empty", !sheet);
    if (!sheet) return this.pause();
    const next = await decodedImage(sheet);
    if (stamp !== this.value.stamp) return;
    this.#sheet = next;
    this.scrub.max = path.loop ? count - 0.01 : count - 1;
    this.#showStrip();
    if (this.#playing) this.play();
    else this.#go(Math.min(Number(this.scrub.value), count - 1));
    this.element.dataset.shown = stamp;
    this.prepare();
  }

  #showStrip() {
    const { count, tile } = this.value;
    const shown = Math.min(count, STRIP);
    const thumbs = Array.from({ length: shown }, (_, i) => {
      const frame = Math.round((i * (count - 1)) / Math.max(1, shown - 1));
      const thumb = make("canvas", { width: tile, height: tile, onclick: () => this.#rest(frame) });
      this.#cut(frame, thumb);
      return thumb;
    });
    this.$(".strip").replaceChildren(...thumbs);
  }

  /** Stop at a frame. @param {number} place */
  #rest(place) {
    this.pause();
    this.#go(place);
  }

  listen() {
    const { scrub } = this;
    scrub.addEventListener("input", () => {
      this.pause();
      this.#show(Number(scrub.value));
    });
    scrub.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault(); // a whole frame, where the browser's own step would be none at all
      this.#rest(Math.min(Math.max(Math.round(Number(scrub.value)) + step, 0), this.value.count - 1));
    });
    const toggle = () => (this.#playing ? this.pause() : this.play());
    this.$(".play").addEventListener("click", toggle);
    this.$(".open").addEventListener("click", () => this.trigger("open", { frame: Math.round(Number(scrub.value)) }));
    this.$(".player").addEventListener("keydown", (/** @type {any} */ event) => {
      if (event.key !== " " || event.target.tagName === "BUTTON") return;
      event.preventDefault();
      toggle();
    });
    const seen = (/** @type {IntersectionObserverEntry[]} */ [entry]) =>
      entry.isIntersecting ? this.prepare() : this.pause();
    new IntersectionObserver(seen).observe(this.element);
  }
}
