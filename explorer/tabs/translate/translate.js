// The Translate tab: holds a drawing, changes it, and shows what a translator makes of it. The newest stroke always wins.
import { bytes } from "../../web/lib/bytes.js";
import { finder, make, say, sentence, whenSeen } from "../../web/lib/dom.js";
import { History } from "../../web/lib/history.js";
import { ask } from "../../web/lib/rpc.js";
import { Beginnings } from "./beginnings.js";
import { Brushes } from "./brushes.js";
import { Completions } from "./completions.js";
import { Easel } from "./easel.js";
import { listen } from "./events.js";
import { Grounds } from "./grounds.js";
import { choose, list, reveal } from "./listing.js";
import { EMPTY, isEmpty, paperOf, queryOf, recipeOf, rgbOf, same, told } from "./model.js";
import { Network } from "../../web/render/network.js";
import { Output } from "./output.js";
import { unpacked } from "./strokes.js";
import { Styles } from "./styles.js";
import { shown } from "../../web/render/tensors.js";

/** @typedef {import("./model.js").Drawing} Drawing */

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} trigger
 * @param {Watch} watch
 */
export function mount(element, props, server, trigger, watch) {
  const tab = new TranslateTab(element, server, (recipe) => trigger("pick", { recipe }));
  listen(element, tab);
  const open = () => props.value?.recipe && tab.attempt(() => tab.open(props.value.recipe));
  watch("value", open);
  open();
  whenSeen(element, () => tab.attempt(() => tab.start()));
}

export class TranslateTab {
  /** @type {import("./model.js").Translator | null} */
  model = null;
  /** @type {Drawing} */
  drawing = EMPTY;
  /** @type {History<Drawing>} */
  history = new History(same);
  /** @type {Promise<string> | null} the list of translators, and what is wrong with it */
  #listed = null;
  #started = false;
  #turn = 0; // counts what is opened, so that a late answer about an earlier one is left aside

  /** @param {HTMLElement} element @param {Server} server @param {(recipe: Recipe) => void} slide opens an image in Slide */
  constructor(element, server, slide) {
    this.element = element;
    this.$ = finder(element);
    this.server = server;
    this.grounds = new Grounds(server);
    this.network = new Network(server, () => this.output.tell());
    this.brushes = new Brushes(element, (paper) => this.change({ paper }));
    this.easel = new Easel(element, {
      brush: () => this.brushes,
      ready: () => Boolean(this.model),
      drawn: () => this.output.draw(),
      done: (stroke) => this.change({ strokes: [...this.drawing.strokes, stroke] }),
      say: (text) => this.say(text, true),
    });
    this.beginnings = new Beginnings(element, server, this);
    this.styles = new Styles(element, server, this);
    this.output = new Output(element, this);
    this.completions = new Completions(element, this, slide);
  }

  /** Do something whose failure is a sentence. @param {() => unknown} work */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.say(sentence(error), true);
    }
  }

  /** @param {string} text */
  say(text, bad = false) {
    say(this.$(".message"), text, bad);
  }

  /** The tab is seen: list the translators, and begin with the first one's first example. */
  async start() {
    const broken = await this.list();
    if (this.#started) return;
    const first = this.$("[data-field=translator]").value;
    if (first) await this.openModel(first);
    if (broken) this.say(broken, true);
  }

  /** List the translators, once. */
  list() {
    this.#listed ??= list(this.element, this.server).catch((error) => {
      this.#listed = null;
      throw error;
    });
    return this.#listed;
  }

  /** Another model, with something to smile at. @param {string} name */
  async openModel(name) {
    if (!(await this.#choose(name))) return;
    const seed = this.model?.zDim ? 0 : null; // one style: the mean of all is a grey one
    await this.begin({ seed, ...(this.model?.examples ? { example: 0 } : {}) });
  }

  /** False where another one was chosen meanwhile. @param {string} name */
  async #choose(name) {
    this.#started = true;
    if (this.model?.name === name) return true;
    const turn = ++this.#turn;
    const model = await ask(this.server.translator, { checkpoint: name });
    if (turn !== this.#turn) return false;
    this.model = model;
    this.history.reset();
    this.drawing = EMPTY;
    choose(this.$("[data-field=translator]"), name);
    this.$(".told").replaceChildren(told(model), make("small", { textContent: model.about }));
    reveal(this.element, model);
    this.brushes.offer(model, false);
    this.styles.offer(model);
    this.output.offer(model);
    this.network.prepare(name);
    this.attempt(() => this.completions.offer(model));
    return true;
  }

  /** Open a recipe: of a link, a file, another tab. @param {any} recipe */
  async open(recipe) {
    this.#started = true;
    await this.list();
    const { translator, strokes = "", ...fields } = recipe;
    if (!Object.keys(fields).length && !strokes) return this.openModel(translator);
    const drawing = { ...EMPTY, ...fields, strokes: unpacked(strokes) };
    await this.grounds.of(translator, drawing); // one that cannot be drawn on changes nothing
    if (await this.#choose(translator)) await this.#put(drawing);
  }

  /** Begin a new drawing on a ground; direction and style stay. @param {Partial<Drawing>} ground */
  async begin(ground) {
    const { model } = this;
    const { seed, z, back } = this.drawing;
    const drawing = { ...EMPTY, seed, z, back, ...ground };
    const { rgb } = await this.grounds.of(model?.name ?? "", drawing);
    if (model !== this.model) return; // another one was chosen meanwhile
    const papers = back ? [] : (model?.papers ?? []);
    if (!isEmpty(drawing)) drawing.paper = paperOf(rgb, papers); // to which the eraser leads
    await this.#put(drawing);
  }

  /** Another paper, or direction: what is drawn stays. @param {Partial<Drawing>} fields */
  change(fields) {
    return this.attempt(() => this.#put({ ...this.drawing, ...fields }));
  }

  /** The other direction begins with what has come out. @param {boolean} back */
  async turn(back) {
    const { model, drawing } = this;
    if (!model) return;
    this.brushes.offer(model, back);
    const kept = { ...EMPTY, back, seed: drawing.seed, z: drawing.z };
    if (drawing.example !== null || drawing.sample) {
      return this.#put({ ...kept, example: drawing.example, sample: drawing.sample });
    }
    await this.#put({ ...kept, image: await this.output.asPng() });
  }

  /** Another style. @param {Partial<Drawing>} fields @param {boolean} rest whether the hand has let go */
  restyle(fields, rest) {
    if (rest) return void this.change(fields);
    this.drawing = { ...this.drawing, ...fields };
    this.output.draw();
  }

  /** A step that can be undone. @param {Drawing} drawing */
  async #put(drawing) {
    await this.#show(drawing, () => this.history.commit(drawing));
  }

  /** Undo or redo. @param {number} step */
  async go(step) {
    const drawing = this.easel.stroke ? undefined : this.history.go(step);
    if (drawing) await this.#show(drawing);
  }

  /** Show a drawing; one that has no ground leaves the former one. @param {Drawing} drawing @param {() => void} opens called once there is one */
  async #show(drawing, opens = () => {}) {
    const { model, drawing: before } = this;
    this.drawing = drawing;
    const turn = ++this.#turn;
    const opened = await this.grounds.of(model?.name ?? "", drawing).catch((error) => {
      if (this.drawing === drawing) this.drawing = before;
      throw error;
    });
    opens();
    if (turn !== this.#turn || !model) return;
    this.completions.clear();
    this.easel.show(opened, drawing.strokes, kindOf(model, drawing));
    this.$("[data-field=back]").value = drawing.back ? "1" : "";
    this.$("[data-do=heat]").disabled = drawing.back; // the critic is that of B
    this.styles.show(opened.z, drawing.seed);
    this.output.truth = opened.truth && imageOf(opened.truth);
    this.output.draw();
    this.$("[data-do=undo]").disabled = !this.history.canUndo;
    this.$("[data-do=redo]").disabled = !this.history.canRedo;
    this.say("");
    this.#address();
  }

  /** The address restores the drawing, as far as one can: the translator at least. */
  #address() {
    const query = queryOf(this.recipe()) ?? queryOf({ translator: this.model?.name });
    if (this.element.offsetParent) window.history.replaceState(null, "", `?${query}`);
  }

  recipe() {
    return recipeOf(this.model?.name ?? "", this.drawing);
  }
}

/** How a drawing is made pixels. @param {import("./model.js").Translator} model @param {Drawing} drawing */
function kindOf(model, { back, paper }) {
  return {
    side: back ? model.resolution : model.givenResolution,
    flat: model.flat && !back,
    paper: paper ? rgbOf(paper) : model.papers[0][1],
  };
}

/** An image as the server's `render` answers. @param {{pixels: string, channels: number, width: number, height: number}} answer */
const imageOf = ({ pixels, channels, width, height }) =>
  new ImageData(/** @type {any} */ (shown(bytes(pixels), channels)), width, height);
