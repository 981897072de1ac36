// The Sample tab: a sheet of recipes, each a tile that can be taken to Slide. Drawn in the page where that is ready.
import { decodedImage, put } from "../../web/lib/canvas.js";
import { download, finder, offer, recover, reveal, say, sentence, takeBack } from "../../web/lib/dom.js";
import { layerRanges } from "../../web/lib/recipe.js";
import { ask } from "../../web/lib/rpc.js";
import { scaleFor, turnCrisp } from "../../web/lib/scaling.js";
import { gathered } from "../../web/lib/sides.js";
import { latest } from "../../web/lib/timing.js";
import { engine } from "../../web/render/engine.js";
import { Grid } from "./grid.js";
import { IN_TURN, MAX_SEED, ordered, recipesIn, recipesOf, scoredAtOnce, seedsOf } from "./sheet.js";

const AT_ONCE = 6; // images a pass in the page: they appear as they are drawn
const SEEDS = 1e6; // a random sheet starts below this

/**
 * @param {HTMLElement} element
 * @param {Props} props
 * @param {Server} server
 * @param {Trigger} trigger
 * @param {Watch} watch
 */
export function mount(element, props, server, trigger, watch) {
  const tab = new SampleTab(element, server, trigger);
  tab.listen();
  watch("value", () => tab.open(props.value));
  tab.open(props.value);
}

class SampleTab {
  /** @type {Model | null} of the present checkpoint */
  #model = null;
  /** @type {import("./sheet.js").Settings} */
  #settings = { seed: 0, columns: 6, psi: 1, noise: "fixed", label: IN_TURN, mix: "", order: "seeds" };

  #fault = ""; // why the last sheet could not be drawn

  /** @param {HTMLElement} element @param {Server} server @param {Trigger} trigger */
  constructor(element, server, trigger) {
    this.element = element;
    this.server = server;
    this.$ = finder(element);
    this.sheet = this.$(".sheet");
    this.grid = new Grid(this.sheet, {
      pick: (recipe) => trigger("pick", { recipe }),
      save: (recipe) => this.#save(server.png, { recipe }),
      gather: (side, recipe) => this.#gather(side, recipe),
    });
  }

  /** Another checkpoint. @param {{model?: Model} | null} value */
  open(value) {
    if (!value?.model) return;
    const model = (this.#model = value.model);
    scaleFor(model);
    offer(this.$("[data-field=label]"), [[IN_TURN, "all, in turn"], ...pairs(model.classes)]);
    const mixes = layerRanges(model.layers).slice(1);
    offer(this.$("[data-field=mix]"), [["", "off"], ...mixes.map(range)]);
    reveal(this.element, model);
    this.#change({ label: IN_TURN, mix: "", order: "seeds" });
    this.#say(model.critic_error && `There is no order by the critic. ${model.critic_error}`);
  }

  /** @param {Partial<import("./sheet.js").Settings>} fields */
  #change(fields) {
    this.#settings = { ...this.#settings, ...fields };
    recover(this.$(".message"));
    this.#show();
    this.#draw();
  }

  #show() {
    /** @type {Record<string, unknown>} */
    const settings = { ...this.#settings };
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.element.querySelectorAll("[data-field]"))) {
      const typing = document.activeElement === input && input.type === "number";
      if (!typing) input.value = String(settings[String(input.dataset.field)]);
    }
    this.$("[data-out=columns]").textContent = this.#settings.columns;
    this.$("[data-out=psi]").textContent = this.#settings.psi.toFixed(2);
    this.$("[data-field=order]").disabled = Boolean(this.#settings.mix);
    this.$("[data-do=back]").disabled = this.#settings.seed === 0;
  }

  #draw = latest(async () => {
    const model = /** @type {Model} */ (this.#model);
    const settings = this.#settings;
    try {
      const tiles = await this.#tiles(model, settings, () => settings !== this.#settings);
      if (!tiles) return;
      const here = engine.ready(model.name) && (await this.#drawHere(tiles, settings.columns, model));
      if (!here) await this.#drawThere(tiles, settings.columns, model);
      this.sheet.dataset.by = here ? "page" : "server";
      this.sheet.dataset.shown = JSON.stringify(settings);
      if (this.element.offsetParent) engine.prepare(this.server, model.name);
      takeBack(this.$(".message"), this.#fault);
    } catch (error) {
      this.#fault = sentence(error);
      this.#say(this.#fault, true);
    }
  });

  /** The sheet in its order; mixed styles have their places. Null where it is not wanted any more while the critic looks at large images. @param {Model} model @param {import("./sheet.js").Settings} settings @param {() => boolean} stale @returns {Promise<import("./sheet.js").Tile[] | null>} */
  async #tiles(model, settings, stale) {
    const recipes = recipesOf(model, settings);
    if (settings.order === "seeds" || settings.mix) return recipes.map((recipe) => ({ recipe }));
    /** @type {number[]} */
    const known = [];
    const step = scoredAtOnce(model.resolution);
    let told = "";
    while (known.length < recipes.length && !stale()) {
      if (known.length) this.#say((told = `The critic has looked at ${known.length} of ${recipes.length} images.`));
      const some = recipes.slice(known.length, known.length + step);
      known.push(...(await ask(this.server.scores, { recipes: some })).scores);
    }
    takeBack(this.$(".message"), told);
    if (known.length < recipes.length) return null;
    return ordered(recipes, known, settings.order);
  }

  /** Draw in the page, a few at once. False where the server has to do it after all. @param {import("./sheet.js").Tile[]} tiles @param {number} columns @param {Model} model */
  async #drawHere(tiles, columns, model) {
    try {
      const drawn = tiles.flatMap(({ recipe }, i) => (recipe ? [{ recipe, i }] : []));
      for (let start = 0; start < drawn.length; start += AT_ONCE) {
        const some = drawn.slice(start, start + AT_ONCE);
        const images = await engine.draw(
          this.server,
          some.map(({ recipe }) => recipe),
        );
        if (!start) this.grid.lay(tiles, columns, model);
        some.forEach(({ i }, k) => put(this.grid.canvas(i), images[k]));
      }
      return true;
    } catch {
      return false; // a recipe that cannot be drawn gets its sentence from the server
    }
  }

  /** @param {import("./sheet.js").Tile[]} tiles @param {number} columns @param {Model} model */
  async #drawThere(tiles, columns, model) {
    const recipes = recipesIn(tiles);
    const { sheet } = await ask(this.server.tiles, { recipes, columns });
    const image = await decodedImage(sheet);
    const side = image.width / columns;
    this.grid.lay(tiles, columns, model);
    recipes.forEach((recipe, i) => {
      if (!recipe) return;
      const canvas = this.grid.canvas(i);
      canvas.width = canvas.height = side;
      canvas.getContext("2d")?.drawImage(image, -(i % columns) * side, -Math.floor(i / columns) * side);
    });
  }

  /** Ask for a PNG and hand it over. @param {Call} call @param {object | Promise<object>} question */
  async #save(call, question) {
    try {
      const { name, data } = await ask(call, await question);
      download(name, `data:image/png;base64,${data}`);
      this.#say("");
    } catch (error) {
      this.#say(sentence(error), true);
    }
  }

  /** Put an image on a side of a new direction. @param {import("../../web/lib/sides.js").Side} side @param {Recipe} recipe */
  #gather(side, recipe) {
    try {
      this.#say(gathered(side, recipe));
    } catch (error) {
      this.#say(sentence(error), true);
    }
  }

  /** Turn the page: as many seeds on as the sheet shows. @param {number} direction */
  #turn(direction) {
    const { seed } = this.#settings;
    const count = seedsOf(this.#settings);
    this.#change({ seed: Math.min(Math.max(seed + direction * count, 0), MAX_SEED - count) });
  }

  /** @type {Record<string, (model: Model) => void>} */
  #actions = {
    back: () => this.#turn(-1),
    next: () => this.#turn(1),
    crisp: turnCrisp,
    random: () => this.#change({ seed: Math.floor(Math.random() * SEEDS) }),
    save: (model) => {
      const { columns } = this.#settings;
      const tiles = this.#tiles(model, this.#settings, () => false);
      const question = tiles.then((all) => ({ recipes: recipesIn(all ?? []), columns }));
      this.#save(this.server.sheet, question);
    },
  };

  listen() {
    this.element.addEventListener("click", (/** @type {any} */ { target }) => {
      const button = target.closest("[data-do]");
      if (!button || !this.#model) return;
      recover(this.$(".message"));
      this.#actions[button.dataset.do](this.#model);
    });
    this.element.addEventListener("input", (/** @type {any} */ { target }) => {
      const name = target.dataset.field;
      if (!name || !this.#model) return;
      if (target.type === "range") this.#change({ [name]: target.valueAsNumber });
      else if (target.tagName === "SELECT")
        this.#change({ [name]: name === "label" ? Number(target.value) : target.value });
    });
    this.element.addEventListener("change", (/** @type {any} */ { target }) => {
      if (target.dataset.field === "seed" && this.#model) this.#takeSeed(target);
    });
  }

  /** @param {HTMLInputElement} input */
  #takeSeed(input) {
    const maximum = MAX_SEED - this.#settings.columns ** 2;
    if (input.value === "" || !input.checkValidity() || input.valueAsNumber > maximum) {
      return this.#say(`The first seed must be a whole number from 0 to ${maximum}.`, true);
    }
    this.#change({ seed: input.valueAsNumber });
  }

  /** @param {string} text */
  #say(text, bad = false) {
    say(this.$(".message"), text, bad);
  }
}

/** Names as options whose values are their numbers. @param {string[]} names @returns {[number, string][]} */
const pairs = (names) => names.map((name, i) => [i, name]);

/** @param {[string, number, number | null]} range @returns {[string, string]} */
const range = ([name, first, last]) => [JSON.stringify([first, last]), name];
