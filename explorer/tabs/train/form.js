// The form that starts a run: settings, checked by the server as they change, and the command that a terminal would take.
import { copy, finder, make, say, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { debounced, latest } from "../../web/lib/timing.js";
import { control, fieldsets, markIdle, nextName, select, valuesOf } from "./fields.js";

/** @typedef {{name: string, help: string, settings: Record<string, any>}} Preset */
/** @typedef {{fields: import("./fields.js").Field[], presets: Preset[], first: string}} Schema */

const FIRST_RUN = "my-first";
const MAIN = "Main"; // the group that is not folded away
const USUAL_KIMG = 200; // of a budget that was empty when its unit changed

/** @param {number} seconds */
const hours = (seconds) =>
  seconds >= 5400 ? `${(seconds / 3600).toFixed(1)} hours` : `${Math.max(1, Math.round(seconds / 60))} min`;

export class TrainingForm {
  #rate = 0; // images a second, of the last estimate
  #unit = "kimg"; // of the budget
  /** @type {{errors: Record<string, string>, command: string, note?: string}} */
  #checked = { errors: {}, command: "" };

  /** @param {HTMLElement} element @param {Server} server @param {Schema} schema */
  constructor(element, server, schema) {
    this.server = server;
    this.schema = schema;
    this.$ = finder(/** @type {HTMLElement} */ (element.querySelector(".new")));
    this.form = this.$("form");
    this.#build();
    this.form.addEventListener("input", (/** @type {any} */ { target }) => target.name !== "preset" && this.changed());
    this.form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.#start(event));
    this.changed();
  }

  #build() {
    const { schema } = this;
    const first = schema.presets.find(({ name }) => name === schema.first) || schema.presets[0];
    const main = schema.fields.filter(({ group }) => group === MAIN);
    const controls = main.map((field) => control(field, first.settings[field.name], "new"));
    this.$(".main").replaceChildren(this.#presetField(first.name), nameField(), ...controls);
    const others = schema.fields.filter(({ group }) => group !== MAIN);
    this.$(".groups").replaceChildren(...fieldsets(others, first.settings, "new"));
    const budget = select(["kimg", "minutes"], "kimg");
    budget.ariaLabel = "Unit of the training length";
    budget.onchange = () => this.#changeUnit(budget.value);
    this.$("[data-knob=kimg] > span").textContent = "training length";
    this.$("[data-knob=kimg] input").after(budget);
  }

  /** @param {string} chosen */
  #presetField(chosen) {
    const presets = select(
      this.schema.presets.map(({ name }) => name),
      chosen,
    );
    presets.name = "preset";
    presets.onchange = () => {
      this.fill(this.preset.settings);
      this.changed();
    };
    const help = make("small", { className: "preset-help" });
    return make("label", { className: "knob" }, make("span", { textContent: "preset" }), presets, help);
  }

  /** @returns {Preset} */
  get preset() {
    const chosen = this.$("[name=preset]").value;
    return /** @type {Preset} */ (this.schema.presets.find(({ name }) => name === chosen));
  }

  /** The settings that the form holds. */
  settings() {
    const found = valuesOf(this.form);
    if (this.#unit === "minutes" && found.kimg !== null) {
      found.kimg = this.#rate ? (found.kimg * 60 * this.#rate) / 1000 : null;
    }
    return found;
  }

  /** What the server is asked to start. */
  job() {
    return { name: this.$("[name=run]").value, preset: this.preset.name, settings: this.settings() };
  }

  /** @param {Record<string, any>} settings */
  fill(settings) {
    for (const input of this.form.querySelectorAll("[data-field]")) {
      const name = input.dataset.field;
      if (!(name in settings)) continue;
      if (input.type === "checkbox") input.checked = settings[name];
      else input.value = name === "kimg" ? this.#budget(settings.kimg) : settings[name];
    }
  }

  /** Fill the form with another run's settings, under a new name. @param {string} name @param {Record<string, any>} settings */
  applySettings(name, settings) {
    this.fill(settings);
    const run = this.$("[name=run]");
    run.value = nextName(name);
    this.changed();
    run.focus();
  }

  /** Train on another data set. @param {string} data */
  useData(data) {
    this.$("[data-field=data]").value = data;
    this.changed();
  }

  /** A budget in the chosen unit. @param {number} kimg */
  #budget(kimg) {
    if (this.#unit === "kimg") return kimg;
    return this.#rate ? Math.max(1, Math.round((1000 * kimg) / this.#rate / 60)) : "";
  }

  /** @param {string} wanted */
  async #changeUnit(wanted) {
    const kimg = this.settings().kimg ?? USUAL_KIMG;
    if (wanted === "minutes" && !this.#rate) await this.estimate();
    if (wanted === "minutes" && !this.#rate) {
      this.$("[data-knob=kimg] select").value = "kimg";
      return;
    }
    this.#unit = wanted;
    this.$("[data-field=kimg]").value = wanted === "minutes" ? this.#budget(kimg) : Math.round(kimg);
    this.changed();
  }

  /** After any change: marks what differs from the preset, asks whether it can work. */
  changed() {
    const { help, settings: usual } = this.preset;
    this.$(".preset-help").textContent = help;
    for (const [name, value] of Object.entries(this.settings())) {
      const differs = name in usual && value !== usual[name] && String(value) !== String(usual[name]);
      this.$(`[data-knob="${name}"]`)?.classList.toggle("changed", differs);
    }
    markIdle(this.form, this.schema.fields);
    this.#check();
  }

  #check = debounced(
    latest(async () => {
      try {
        this.#checked = await ask(this.server.check, this.job());
        this.#showErrors();
        say(this.$(".plan"), this.#checked.note || "");
        this.$(".typed").hidden = !this.#checked.command;
        this.$(".typed code").textContent = this.#checked.command;
      } catch (error) {
        this.say(sentence(error), true);
      }
    }),
    250,
  );

  #showErrors() {
    const { errors } = this.#checked;
    for (const place of this.form.querySelectorAll(".error")) place.textContent = "";
    for (const input of this.form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    for (const [name, text] of Object.entries(errors)) {
      const place = this.$(`#new-${name}-error`);
      if (!place) continue;
      place.textContent = text;
      this.$(name === "name" ? "[name=run]" : `[data-field="${name}"]`)?.setAttribute("aria-invalid", "true");
      if (place.closest(".advanced")) this.$(".advanced").open = true;
    }
    this.$("[type=submit]").disabled = Object.keys(errors).length > 0;
  }

  /** Measure a few steps of what the form holds. */
  async estimate() {
    this.say("Timing a few steps …");
    try {
      const wanted = this.job();
      wanted.settings.kimg ??= this.preset.settings.kimg;
      const { images_per_s: rate, seconds, megabytes } = await ask(this.server.estimate, wanted);
      this.#rate = rate;
      const budget = wanted.settings.kimg.toLocaleString();
      this.say(`About ${rate} images/s here: ${hours(seconds)} for ${budget} kimg, ${megabytes} MB of memory.`);
    } catch (error) {
      this.say(sentence(error), true);
    }
  }

  /** @param {SubmitEvent} event */
  async #start(event) {
    event.preventDefault();
    const button = this.$("[type=submit]");
    button.disabled = true;
    try {
      const { name, said } = await ask(this.server.start, this.job());
      this.say(said);
      document.dispatchEvent(new CustomEvent("explorer:watch", { detail: { name } }));
    } catch (error) {
      this.say(sentence(error), true);
    } finally {
      button.disabled = false;
      this.#check();
    }
  }

  /** The command that a terminal would take, to the clipboard. */
  async copyCommand() {
    await copy(this.#checked.command);
    this.say("Copied.");
  }

  /** @param {string} text */
  say(text, bad = false) {
    say(this.$("form > .said"), text, bad);
  }
}

/** The field of the run's name. */
function nameField() {
  const run = make("input", { type: "text", name: "run", value: FIRST_RUN, spellcheck: false, id: "new-run" });
  run.setAttribute("aria-describedby", "new-name-error");
  const error = make("span", { className: "error", id: "new-name-error" });
  return make("label", { className: "knob", htmlFor: run.id }, make("span", { textContent: "run name" }), run, error);
}
