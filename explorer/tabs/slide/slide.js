// The Slide tab: holds a recipe, changes it, asks for its image. The latest position always wins.
import { paint, put } from "../../web/lib/canvas.js";
import { finder, recover, say, sentence, takeBack } from "../../web/lib/dom.js";
import { History } from "../../web/lib/history.js";
import { canonical, link } from "../../web/lib/recipe.js";
import { ask } from "../../web/lib/rpc.js";
import { scaleFor } from "../../web/lib/scaling.js";
import { latest } from "../../web/lib/timing.js";
import { engine } from "../../web/render/engine.js";
import { Board } from "./board/board.js";
import { Controls } from "./controls.js";
import { Dragging } from "./dragging.js";
import { listen } from "./events.js";
import { Pad } from "./pad.js";
import { Sharpener } from "./sharpener.js";

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} trigger
 * @param {Watch} watch
 */
export function mount(element, props, server, trigger, watch) {
  const tab = new SlideTab(element, server, trigger);
  const dragging = new Dragging(element, tab);
  const open = () => {
    tab.open(props.value);
    dragging.offer(tab.model);
  };
  listen(element, tab);
  const takePath = () => (tab.board.path = props.keyframes ?? []);
  watch("keyframes", takePath);
  takePath(); // it may have come before the tab was first seen
  watch("value", open);
  open();
}

const NONE = /** @type {any} */ (null); // before the first recipe is opened

export class SlideTab {
  /** @type {Model} */
  model = NONE;
  /** @type {Recipe & {edits: Edit[], psi: number}} with the defaults of its model */
  recipe = NONE;
  /** @type {History<SlideTab["recipe"]>} */
  history = new History((a, b) => JSON.stringify(this.short(a)) === JSON.stringify(this.short(b)));
  #fault = ""; // why the last image could not be drawn
  #rough = false; // whether the image that is shown, or on its way, may be compressed for a drag

  /** @param {HTMLElement} element @param {Server} server @param {Trigger} trigger */
  constructor(element, server, trigger) {
    this.element = element;
    this.server = server;
    this.trigger = trigger;
    this.$ = finder(element);
    this.canvas = this.$(".image");
    const host = {
      ready: () => Boolean(this.recipe),
      strengthOf: (/** @type {string} */ id) => this.board.strengthOf(id),
      move: (/** @type {string} */ id, /** @type {number} */ strength) => this.board.move(id, strength),
      rest: this.commit.bind(this),
    };
    this.controls = new Controls(element);
    this.pad = new Pad(element, host);
    this.board = new Board(element, server, this);
    this.sharpener = new Sharpener(element, server, this.say.bind(this));
  }

  /** Show a recipe that came from elsewhere: another tab, a link, a dropped file. @param {{recipe: Recipe, model: Model, note?: string} | null} value */
  open(value) {
    this.element.classList.toggle("empty", !value?.recipe);
    if (!value?.recipe) return;
    const other = this.model?.name !== value.model.name;
    this.model = value.model;
    scaleFor(this.model);
    this.recipe = this.#whole(value.recipe);
    if (other) this.#reset();
    this.board.open(other);
    this.say(value.note ?? "");
    this.draw();
    if (Object.keys(value.recipe).length > 1) return this.commit();
    this.history.reset(this.recipe); // a checkpoint's own start: nothing to undo, and no reason to open Slide on reload
    this.#settled();
  }

  /** Another model. */
  #reset() {
    this.$(".frame").setAttribute("aria-busy", "true"); // a model that has to be loaded takes seconds
    this.history.reset();
    this.controls.offer(this.model);
  }

  /** With defaults. @param {Recipe} recipe @returns {SlideTab["recipe"]} */
  #whole(recipe) {
    return { .../** @type {{psi: number}} */ (this.model.defaults), edits: [], ...recipe };
  }

  /** Go on from another recipe of this model, as a step that can be undone. @param {Recipe} recipe */
  startFrom(recipe) {
    this.recipe = this.#whole(recipe);
    this.draw();
    this.commit();
  }

  /** Without defaults: the form that the server, links and files know. */
  short(recipe = this.recipe) {
    return canonical(recipe, this.model.defaults);
  }

  /** The address that restores the recipe. */
  link() {
    return link(this.recipe, this.model.defaults);
  }

  /** Draw the recipe, or another in its stead. `quick`: in a drag. */
  draw(wanted = this.recipe, quick = false) {
    return this.#draw({ wanted, quick });
  }

  #draw = latest(async (/** @type {{wanted: Recipe, quick: boolean}} */ { wanted, quick }) => {
    const { model, canvas } = this;
    const asked = canonical(wanted, model.defaults);
    try {
      const here = engine.ready(asked.checkpoint, [asked]) && (await this.#drawHere(asked));
      const compressed = !here && (await drawThere(this.server, canvas, { recipe: asked, quick }));
      canvas.dataset.by = here ? "page" : "server";
      this.#rough = compressed;
      canvas.dataset.painted = Number(canvas.dataset.painted || 0) + 1;
      this.sharpener.follow(model.name);
      canvas.dataset.link = quick ? "" : link(asked, model.defaults); // of what is seen at rest, which may be behind the page's
      if (this.element.offsetParent) engine.prepare(this.server, model.name);
      takeBack(this.$(".message"), this.#fault);
    } catch (error) {
      if (model.name !== this.model.name) return;
      this.#fault = sentence(error);
      this.say(this.#fault, true);
    }
    if (model.name === this.model.name) this.$(".frame").removeAttribute("aria-busy");
  });

  /**
   * Draw in the page, no sooner than a frame after the one before. False where the server has to do it after all.
   * @param {Recipe} asked
   */
  async #drawHere(asked) {
    const frame = new Promise((next) => requestAnimationFrame(next)); // meanwhile: an image that takes longer waits for none
    try {
      const [[image]] = await Promise.all([engine.draw(this.server, [asked]), frame]);
      put(this.canvas, image);
      return true;
    } catch {
      return false; // a recipe that cannot be drawn gets its sentence from the server
    }
  }

  /** Another recipe, while something is dragged. @param {Partial<Recipe>} fields */
  change(fields) {
    this.recipe = { ...this.recipe, .../** @type {object} */ (fields) };
    this.#rough = true;
    this.draw(this.recipe, true);
  }

  /** The drag has ended: a step that can be undone. */
  commit() {
    if (this.#rough) this.draw();
    this.history.commit(this.recipe);
    this.#settled();
  }

  /** Another recipe, at once. @param {Partial<Recipe>} fields */
  put(fields) {
    this.change(fields);
    this.commit();
  }

  /** Undo or redo. @param {number} step */
  go(step) {
    const recipe = this.history.go(step);
    if (!recipe) return;
    this.recipe = recipe;
    this.draw();
    this.#settled();
  }

  #settled() {
    this.recover();
    this.showSliders();
    const drawn = new URLSearchParams(location.search).has("translator"); // the address is Translate's until Slide is seen
    if (!drawn || this.element.offsetParent) window.history.replaceState(null, "", this.link());
  }

  /** Show what the sliders stand for: after another recipe, other directions or layers. */
  showSliders() {
    const { recipe, board, history } = this;
    this.controls.show({ recipe, layers: board.layers, canUndo: history.canUndo, canRedo: history.canRedo });
    board.show();
  }

  /** Take bad news back: something else is asked for. */
  recover() {
    recover(this.$(".message"));
  }

  /** @param {string} text */
  say(text, bad = false) {
    say(this.$(".message"), text, bad);
  }
}

/** Let the server draw. True where it compressed the image. @param {Server} server @param {HTMLCanvasElement} canvas @param {{recipe: Recipe, quick: boolean}} question */
async function drawThere(server, canvas, question) {
  const answer = await ask(server.render, question);
  await paint(canvas, answer);
  return Boolean(answer.image);
}
