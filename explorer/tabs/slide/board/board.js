// The board of Slide: the chosen directions as sliders, and what a person does with them.
import { finder, sentence, takeBack } from "../../../web/lib/dom.js";
import { layerRanges } from "../../../web/lib/recipe.js";
import { ask, askWhile } from "../../../web/lib/rpc.js";
import { debounced, latest } from "../../../web/lib/timing.js";
import { hiddenEdits, strengthOf, withStrength } from "../edits.js";
import { chip } from "./chips.js";
import { followsBoard, layersOf, made, renamed } from "./choice.js";
import { Chooser } from "./chooser.js";
import { Collection } from "./collection.js";
import { entriesOf } from "./entries.js";
import { Holding } from "./holding.js";
import { Making } from "./making.js";
import { Memory } from "./memory.js";
import { Menu } from "./menu.js";
import { Picker } from "./picker.js";
import { marked } from "./region.js";
import { Sliders } from "./sliders.js";
import { Strip } from "./strip.js";

/** @typedef {import("../edits.js").Layers} Layers */
/** @typedef {import("../slide.js").SlideTab} SlideTab */

const ENDS_REST = 150; // ms until the images at the sliders' ends are drawn anew
const FARTHEST = 100; // strength that a recipe may have

export class Board {
  /** @type {Layers} of the sliders that have no layers of their own */
  layers = [0, null];
  /** @type {Recipe[]} keyframes of Interpolate's path */
  path = [];

  /** @param {HTMLElement} element @param {Server} server @param {SlideTab} tab */
  constructor(element, server, tab) {
    this.server = server;
    this.tab = tab;
    this.$ = finder(element);
    const recipe = () => tab.short();
    const say = tab.say.bind(tab);
    this.collection = new Collection(new Memory(() => window.localStorage), () => this.#lay(), say);
    const on = { move: this.move.bind(this), rest: () => tab.commit(), menu: this.#menu.bind(this) };
    const rename = (/** @type {string} */ id, /** @type {string} */ title) =>
      this.collection.set(renamed(this.collection.choice, id, title));
    const refuse = (/** @type {string} */ text) => say(text, true);
    this.sliders = new Sliders(this.$(".sliders"), { ...on, rename, refuse });
    const question = (/** @type {import("./row.js").Row} */ { direction }) =>
      tab.recipe && { recipe: recipe(), direction: this.#asked(direction), count: Strip.COUNT };
    this.strip = new Strip(
      this.$(".sliders"),
      (target) => this.sliders.rowOf(target),
      question,
      server.direction_strip,
    );
    this.menu = new Menu(this.$(".board"));
    const pickerHost = { recipe, put: tab.put.bind(tab), say };
    this.picker = new Picker(this.$(".picker"), this.$("[data-list=classes]"), server, pickerHost);
    const making = { recipe, path: () => this.path, mark: () => this.#mark() };
    this.making = new Making(this.$("dialog.making"), this.collection, server, making);
    const chooser = { renew: () => this.#load(), make: () => this.making.open(tab.model) };
    this.chooser = new Chooser(this.$("dialog.chooser"), this.collection, server, chooser);
    const layers = (/** @type {string} */ id) => this.#layersOf(id);
    this.holding = new Holding(this.$("dialog.holding"), this.collection, server, layers);
  }

  /** Another recipe is open, perhaps of another model. @param {boolean} other */
  open(other) {
    this.#wanted = this.tab.recipe.edits.at(-1);
    if (!other) return this.#follow();
    this.layers = [0, null];
    this.collection.clear(this.tab.model.name);
    this.sliders.clear();
    this.picker.open(this.tab.model.classes, []);
    this.#load();
  }

  /** @type {Edit | undefined} whose layers the board takes once its direction is known */
  #wanted = undefined;

  #load = latest(async () => {
    const { checkpoint } = this.collection;
    this.$(".sliders").setAttribute("aria-busy", "true");
    try {
      const current = () => checkpoint === this.collection.checkpoint;
      const found = await askWhile(current, this.server.directions, { checkpoint });
      if (!found) return;
      this.picker.open(this.tab.model.classes, found.picked);
      this.collection.take(found);
      this.chooser.learning.show(found, checkpoint);
      this.#follow();
      this.tab.showSliders();
    } catch (error) {
      this.tab.say(sentence(error), true);
    } finally {
      this.$(".sliders").removeAttribute("aria-busy");
    }
  });

  /** Take the layers of an edit of a recipe that was opened. */
  #follow() {
    const edit = this.#wanted;
    const direction = edit && this.collection.byId(edit[0]);
    if (!edit || !direction) return;
    this.#wanted = undefined;
    const named = layerRanges(this.tab.model.layers).some(([, a, b]) => a === edit[2] && b === (edit[3] ?? null));
    if (named && followsBoard(direction, this.collection.choice)) this.layers = [edit[2], edit[3] ?? null];
  }

  /** Lay the sliders out: other directions, titles or order. */
  #lay() {
    const { collection } = this;
    this.strip.hide();
    this.sliders.lay(collection.shown, collection.methods, (one) => collection.nameOf(one.id));
    this.tab.pad.offer(collection.shown.map(({ id }) => [id, collection.nameOf(id)]));
    if (this.chooser.dialog.open) this.chooser.show();
    this.tab.showSliders();
  }

  /** Show a recipe at rest. */
  show() {
    const { edits } = this.tab.recipe;
    const { collection, tab } = this;
    const others = (/** @type {string} */ id) => withStrength(edits, id, this.#layersOf(id), 0);
    const rest = (/** @type {string} */ id) =>
      JSON.stringify([{ ...tab.recipe, edits: others(id) }, this.#layersOf(id)]);
    this.sliders.showAll((id) => this.strengthOf(id), rest);
    this.picker.show();
    const places = collection.ids.map((id) => ({ id, layers: this.#layersOf(id) }));
    const picked = collection.found.picked.map((id) => ({ id, layers: /** @type {Layers} */ ([0, null]) }));
    const on = {
      add: (/** @type {Edit} */ edit) => this.#addEdit(edit),
      remove: (/** @type {Edit} */ edit) => tab.put({ edits: tab.recipe.edits.filter((one) => one !== edit) }),
    };
    const hidden = collection.known ? hiddenEdits(edits, [...places, ...picked]) : [];
    const chips = hidden.map((edit) => chip(edit, collection.nameOf(edit[0]), tab.model.layers, on));
    this.$(".board > .chips").replaceChildren(...chips);
    this.showEnds();
  }

  #fault = ""; // what went wrong with the images at the ends

  showEnds = debounced(
    latest(async () => {
      const { shown, checkpoint } = this.collection;
      takeBack(this.$(".message"), this.#fault);
      this.#fault = "";
      const current = () => checkpoint === this.tab.recipe.checkpoint;
      if (!shown.length || !current()) return;
      const question = { recipe: this.tab.short(), directions: shown.map((one) => this.#asked(one)) };
      try {
        const found = await askWhile(current, this.server.direction_previews, question);
        if (found) shown.forEach(({ id }, i) => this.sliders.rows.get(id)?.showEnds(found.ends[i]));
        if (found) this.strip.renew();
      } catch (error) {
        this.tab.say((this.#fault = sentence(error)), true);
      }
    }),
    ENDS_REST,
  );

  /** Put what a chip stands for on the board. @param {Edit} edit */
  #addEdit([id, , first, last]) {
    const { collection } = this;
    /** @type {Layers} */
    const layers = [first, last ?? null];
    try {
      if (!collection.byId(id)) {
        if (!id.startsWith("w:")) throw new Error(`The direction ${id} is not there: it has to be learned first.`);
        collection.add([made(id, "From a link")]);
      }
      if (!collection.ids.includes(id)) collection.toggle(id, true);
      if (String(this.#layersOf(id)) !== String(layers)) collection.setLayers(id, layers);
    } catch (error) {
      this.tab.say(sentence(error), true);
    }
  }

  /** Layers that the slider of a direction acts on. @param {string} id @returns {Layers} */
  #layersOf(id) {
    const direction = this.collection.byId(id);
    return direction ? layersOf(direction, this.collection.choice, this.layers) : this.layers;
  }

  /** As the server is asked of a slider. @param {import("./choice.js").Direction} direction */
  #asked({ id, low, high }) {
    const [first, last] = this.#layersOf(id);
    return { id, first, last, low, high };
  }

  /** @param {string} id */
  strengthOf(id) {
    return strengthOf(this.tab.recipe.edits, id, this.#layersOf(id));
  }

  /** Move along a direction: within its slider's ends, unless beyond is asked for. @param {string} id @param {number} wanted */
  move(id, wanted, beyond = false) {
    const row = this.sliders.rows.get(id);
    if (!row) return;
    const { low, high } = beyond ? { low: -FARTHEST, high: FARTHEST } : row.direction;
    const strength = Math.max(low, Math.min(high, wanted));
    this.tab.change({ edits: withStrength(this.tab.recipe.edits, id, this.#layersOf(id), strength) });
    row.show(strength);
  }

  /** @param {string} id @param {HTMLElement} button */
  #menu(id, button) {
    const row = this.sliders.rows.get(id);
    if (row) this.menu.open(button, entriesOf(this, row));
  }

  /** Let a region be marked, and offer what changes it. */
  async #mark() {
    const { tab } = this;
    const region = await marked(this.$(".frame"));
    if (!region) return this.making.open(tab.model);
    tab.say("Looking for style channels that change this region …");
    try {
      const { directions } = await ask(this.server.channels_in_region, { recipe: tab.short(), region });
      tab.say("");
      this.making.offer(directions, tab.model);
    } catch (error) {
      tab.say("");
      this.making.refuse(sentence(error), tab.model);
    }
  }
}
