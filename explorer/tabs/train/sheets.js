// Sheets: the same latents over time, to be scrubbed, played as a video, and opened tile by tile.
import { finder, make, say, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { kimg } from "../../web/lib/text.js";

/** @typedef {import("./state.js").State} State */

const SIDE = 8; // tiles of a sheet, a side
const KEPT = 120; // sheets that stay in the page
const FRAME = 250; // ms of a sheet in the video

// What a sheet shows, by `now.shows`: in the caption, as the image's name, and what there is to know of it.
/** @type {Record<string, {what: string, named: string, about: string}>} */
const KINDS = {
  seeds: { what: "Seeds 0 to 63", named: "Samples of seeds 0 to 63", about: "click one to open it in Slide" },
  points: {
    what: "2-D points",
    named: "2-D points",
    about: "grey: real, orange: generated, blue: classified as real by D",
  },
  pairs: {
    what: "Input, output, truth",
    named: "Rows of input, output and truth",
    about: "rows of what is given, what is made of it, and what it should be; not trained on, where there are such",
  },
  collections: {
    what: "Input, output, way back",
    named: "Rows of input, output and the way back",
    about: "rows of what is given, what is made of it, and what is made of that in turn",
  },
};

export class Sheets {
  /** @type {Map<string, Promise<string>>} "name/images_seen" -> data URI */
  #kept = new Map();
  #video = 0; // timer of the video
  /** @type {HTMLButtonElement[]} */
  #tiles = [];

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {Server} server
   * @param {{moved: () => void, open: (tile: number) => Promise<void>}} on another moment is in view; a tile is pressed
   */
  constructor(element, state, server, on) {
    this.$ = finder(element);
    this.state = state;
    this.server = server;
    this.on = on;
    this.#buildTiles();
    this.$(".scrub input").addEventListener("input", (/** @type {any} */ { target }) => {
      this.stop();
      this.goTo(target.valueAsNumber);
    });
  }

  show() {
    const { run, sheets, shownMoment: at } = this.state;
    this.$(".growth").hidden = at === null;
    if (!run || at === null) return;
    const range = this.$(".scrub input");
    range.max = sheets.length - 1;
    range.value = sheets.indexOf(at);
    range.setAttribute("aria-valuetext", `${kimg(at)} kimg`);
    this.$("[data-do=live]").setAttribute("aria-pressed", this.state.moment === null);
    this.#caption(run.now, at);
    this.#mark(run.now);
    this.#showSheet(this.state.watched, at);
  }

  /** @param {any} now @param {number} at */
  #caption(now, at) {
    const { what, about } = KINDS[now.shows];
    const text = `${what} at ${kimg(at)} kimg${now.moments.includes(at) ? ", snapshot kept" : ""}; ${about}.`;
    const place = this.$(".caption");
    if (place.textContent !== text) place.textContent = text;
  }

  /** Mark the moments of which a snapshot is kept. @param {any} now */
  #mark(now) {
    const kept = new Set(now.moments);
    const { sheets } = this.state;
    const place = this.$(".marks");
    const wanted = sheets.map((images_seen) => (kept.has(images_seen) ? 1 : 0)).join("");
    if (place.dataset.shown === wanted) return;
    place.dataset.shown = wanted;
    const last = Math.max(1, sheets.length - 1);
    const marks = sheets.flatMap((images_seen, i) =>
      kept.has(images_seen) ? [make("i", { style: `left:${(100 * i) / last}%` })] : [],
    );
    place.replaceChildren(...marks);
  }

  /** @param {string} name @param {number} images_seen */
  async #showSheet(name, images_seen) {
    const image = this.$(".sheet-frame img");
    const key = `${name}/${images_seen}`;
    if (image.dataset.shown === key) return;
    try {
      const uri = await this.#sheet(name, images_seen);
      if (name !== this.state.watched || images_seen !== this.state.shownMoment) return; // another one is wanted by now
      const { shows } = this.state.run?.now ?? { shows: "seeds" };
      this.$(".tiles").hidden = shows !== "seeds";
      image.src = uri;
      image.alt = `${KINDS[shows].named} at ${kimg(images_seen)} kimg`;
      image.dataset.shown = key;
    } catch (error) {
      say(this.$(".message"), sentence(error), true);
    }
  }

  /** @param {string} name @param {number} images_seen */
  #sheet(name, images_seen) {
    const key = `${name}/${images_seen}`;
    const found = this.#kept.get(key);
    if (found) return found;
    const asked = ask(this.server.sheet_at, { run: name, images_seen }).then((answer) => answer.sheet);
    asked.catch(() => this.#kept.delete(key));
    this.#kept.set(key, asked);
    if (this.#kept.size > KEPT) this.#kept.delete(String(this.#kept.keys().next().value));
    return asked;
  }

  /** Show the sheet of this number. @param {number} index */
  goTo(index) {
    const { sheets } = this.state;
    this.state.moment = sheets[Math.max(0, Math.min(index, sheets.length - 1))] ?? null;
    this.on.moved();
  }

  /** Follow the newest sheet. */
  live() {
    this.stop();
    this.state.moment = null;
    this.on.moved();
  }

  stop() {
    clearInterval(this.#video);
    this.#video = 0;
    Object.assign(this.$("[data-do=play]"), { textContent: "▶", ariaLabel: "Play the samples" });
  }

  /** Play all sheets as a video, or stop. */
  play() {
    if (this.#video) return this.stop();
    const { sheets, shownMoment } = this.state;
    if (shownMoment === null || sheets.indexOf(shownMoment) >= sheets.length - 1) this.goTo(0);
    Object.assign(this.$("[data-do=play]"), { textContent: "❚❚", ariaLabel: "Pause the samples" });
    let ready = true;
    this.#video = window.setInterval(async () => {
      const next = this.state.sheets.indexOf(this.state.shownMoment ?? -1) + 1;
      if (next >= this.state.sheets.length) return this.stop();
      if (!ready) return; // its sheet is still on the way
      ready = false;
      await this.#sheet(this.state.watched, this.state.sheets[next]).catch(() => {});
      ready = true;
      if (this.#video) this.goTo(next);
    }, FRAME);
  }

  #buildTiles() {
    this.#tiles = Array.from({ length: SIDE * SIDE }, (_, i) => {
      const named = { title: `Seed ${i}: open in Slide`, ariaLabel: `Seed ${i}, open in Slide` };
      const button = make("button", { type: "button", ...named, tabIndex: i ? -1 : 0 });
      button.onclick = () => this.on.open(i);
      return button;
    });
    const row = (/** @type {HTMLElement[]} */ tiles) =>
      make("div", { role: "row" }, ...tiles.map((tile) => make("div", { role: "gridcell" }, tile)));
    const place = this.$(".tiles");
    place.append(...Array.from({ length: SIDE }, (_, i) => row(this.#tiles.slice(i * SIDE, (i + 1) * SIDE))));
    place.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#walk(event));
  }

  /** Arrow keys walk from tile to tile. @param {KeyboardEvent} event */
  #walk(event) {
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: SIDE, ArrowUp: -SIDE };
    const at = this.#tiles.findIndex((tile) => tile === event.target);
    const target = this.#tiles[at + steps[event.key]];
    if (!target) return;
    event.preventDefault();
    for (const tile of this.#tiles) tile.tabIndex = tile === target ? 0 : -1;
    target.focus();
  }
}
