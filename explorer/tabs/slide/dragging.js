// Dragging points of Slide's image: sets handles and targets, has the server move them, commits where they came to.
import { paint } from "../../web/lib/canvas.js";
import { finder, make, sentence } from "../../web/lib/dom.js";
import { visitor, Work } from "../../web/lib/jobs.js";
import { place } from "./overlay.js";
import { PointEditor } from "./point_editor.js";
import { curve, hindrance } from "./points.js";

/** @typedef {import("./slide.js").SlideTab} SlideTab */

const CURVE = [160, 32];
const NEEDS = "Dragging points needs a style-based model, whose layers each read a w of their own.";
const USUAL = "Drag points of the image to where you want them";
const HINT = "Click a point of the image, then where it is to go. Arrow keys move a focused point.";
const PANEL = `
  <div class="tools" role="toolbar" aria-label="Points">
    <button type="button" class="primary" data-points="start" title="Let the points move to their targets">Start</button>
    <button type="button" data-points="stop" title="Stop, and keep the nearest image so far">Stop</button>
    <button type="button" data-points="add" title="Add a point in the middle, to be moved by the arrow keys">Add point</button>
    <button type="button" data-points="clear" title="Remove all points">Clear points</button>
    <button type="button" data-points="brush" aria-pressed="false" title="Paint the region that may change; elsewhere the image is to stay">Paint region</button>
    <button type="button" data-points="erase" aria-pressed="false" title="Take parts of the region back">Erase</button>
    <button type="button" data-points="unmask" title="Let the image change everywhere">Clear region</button>
  </div>
  <div class="pairs" role="group" aria-label="Points"></div>
  <p class="progress" hidden><svg viewBox="-1 -1 ${CURVE[0] + 2} ${CURVE[1] + 2}" role="img" aria-label="Distance to the targets, step by step"><polyline/></svg> <output></output></p>`;

/** @type {Record<string, (steps: number, best: number) => string>} */
const OUTCOMES = {
  arrived: (steps) => `Arrived after ${steps} steps.`,
  stuck: () => "The points came no nearer; the nearest image is kept.",
  cap: (steps) => `Stopped after ${steps} steps, the most; the nearest image is kept.`,
  "": () => "Stopped; the nearest image so far is kept.",
};

export class Dragging {
  on = false;
  running = false;
  model = "";

  /** @param {HTMLElement} element of the tab @param {SlideTab} tab */
  constructor(element, tab) {
    this.tab = tab;
    this.work = new Work({ look: tab.server.drag_look, cancel: tab.server.drag_cancel });
    this.button = /** @type {HTMLButtonElement} */ (element.querySelector("[data-points=toggle]"));
    this.panel = /** @type {HTMLElement} */ (element.querySelector(".dragging"));
    this.panel.innerHTML = PANEL;
    this.$ = finder(this.panel);
    this.editor = new PointEditor(/** @type {HTMLElement} */ (element.querySelector(".frame")), {
      shown: () => this.#showState(),
      refuse: (sentence) => tab.say(sentence, true),
    });
    element.addEventListener("click", (/** @type {any} */ { target }) => this.#press(target.closest("[data-points]")));
  }

  /** The model that is shown; another one may be able to do it or not. @param {Model | null} model */
  offer(model) {
    if (!model || model.name === this.model) return;
    this.model = model.name;
    this.button.disabled = !model.draggable;
    this.button.title = model.draggable ? USUAL : NEEDS;
    this.#toggle(false);
    this.editor.reset(model.resolution);
  }

  /** @param {HTMLButtonElement | null} button */
  #press(button) {
    if (button) this.tab.recover();
    const { editor } = this;
    const actions = /** @type {Record<string, () => unknown>} */ ({
      toggle: () => this.tab.recipe && this.#toggle(!this.on),
      start: () => this.#start(),
      stop: () => this.work.stop(),
      add: () => editor.add(),
      clear: () => editor.clear(),
      brush: () => editor.paintWith("brush"),
      erase: () => editor.paintWith("erase"),
      unmask: () => editor.overlay.clearMask(),
      remove: () => editor.remove(Number(button?.dataset.index)),
    });
    actions[button?.dataset.points ?? ""]?.();
  }

  /** @param {boolean} on */
  #toggle(on) {
    if (!on) this.work.stop();
    this.on = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.panel.hidden = !on;
    this.editor.overlay.show(on);
    this.editor.draw();
    if (on) this.tab.say(HINT);
  }

  /** @param {boolean} running */
  #run(running) {
    this.running = this.editor.locked = running;
    this.editor.draw();
  }

  /** What may be pressed, and a chip for each pair. */
  #showState() {
    const { pairs, mode, locked } = this.editor;
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (this.panel.querySelectorAll("[data-points]"))) {
      const what = String(button.dataset.points);
      button.disabled = what === "stop" ? !locked : locked;
      if (what === "brush" || what === "erase") button.setAttribute("aria-pressed", String(mode === what));
    }
    const chips = pairs.map(({ handle, target }, index) => {
      const textContent = `${index + 1}: ${place(handle)} → ${target ? place(target) : "…"} ×`;
      const chip = make("button", { type: "button", title: "Remove this point", textContent, disabled: locked });
      Object.assign(chip.dataset, { points: "remove", index });
      return chip;
    });
    this.$(".pairs").replaceChildren(...chips);
  }

  async #start() {
    const { tab, editor } = this;
    const hindered = hindrance(editor.pairs);
    if (hindered || this.running) return tab.say(hindered, true);
    const recipe = tab.short();
    const asked = JSON.stringify(recipe);
    const pairs = editor.pairs.map(({ handle, target }) => [handle, target ?? handle].flatMap(({ x, y }) => [x, y]));
    try {
      const start = { recipe, pairs, mask: editor.overlay.packed, visitor };
      this.#run(true);
      tab.say("The points are moving …");
      const last = await this.work.run(tab.server.drag_start, start, (look) => this.#show(look, asked));
      if (JSON.stringify(tab.short()) !== asked) tab.say("The image was changed meanwhile; the drag is dropped.");
      else this.#finish(last);
    } catch (error) {
      tab.say(sentence(error), true);
      tab.draw();
    } finally {
      this.#run(false);
    }
  }

  /** @param {any} look @param {string} asked the recipe that the drag began with */
  #show(look, asked) {
    if (!look.handles) return;
    if (JSON.stringify(this.tab.short()) !== asked) return this.work.stop();
    paint(this.tab.canvas, look);
    this.editor.now = look.handles.map((/** @type {number[]} */ [x, y]) => ({ x, y }));
    const { distances, best, steps } = look;
    this.$(".progress").hidden = false;
    this.$("output").textContent =
      `${distances.at(-1).toFixed(1)} px to go, nearest ${distances[best].toFixed(1)}, step ${steps}`;
    this.$("polyline").setAttribute("points", curve(distances, CURVE[0], CURVE[1]));
    this.editor.draw();
  }

  /** @param {any} last look */
  #finish({ recipe, outcome, steps, best, distances, best_handles: handles }) {
    const { tab, editor } = this;
    if (recipe) {
      tab.startFrom(recipe);
      editor.handlesAt(handles);
    } else tab.draw();
    const [from, to] = [distances?.[0] ?? 0, distances?.[best] ?? 0].map((far) => far.toFixed(1));
    const ended = this.work.stopped ? "" : (outcome ?? "");
    tab.say(`${OUTCOMES[ended](steps, best)} Distance ${from} → ${to} px.`);
  }
}
