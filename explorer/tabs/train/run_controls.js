// What may be asked of the watched run: every press is a command that a terminal could give.
import { finder, make, offer, say } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { kimg } from "../../web/lib/text.js";
import { Dialog } from "./dialog.js";
import { fieldsets, markIdle, nextName, textField, valuesOf } from "./fields.js";

/** @typedef {ReturnType<import("./state.js").State["summary"]>} Watched what "explorer:run" says */
/** @typedef {import("./fields.js").Field} Field */

const ANSWER = { every: 250, times: 40 }; // ms between two looks for a training's answer

/** When each button can be pressed. @type {Record<string, (watched: Watched) => boolean>} */
const CAN = {
  pause: ({ state }) => state === "training",
  resume: ({ state, recorded }) => !recorded && ["paused", "stopped", "failed"].includes(state),
  snapshot: ({ state }) => ["training", "paused"].includes(state),
  stop: ({ state }) => ["training", "paused", "queued", "preparing"].includes(state),
  change: ({ state }) => ["training", "paused"].includes(state),
  branch: ({ recorded, latest }) => !recorded && latest,
  publish: ({ latest }) => latest,
};

/** The kept moment nearest to the one in view, null where none is kept. @param {Watched} watched @returns {number | null} */
function nearestKept({ moments, moment, images_seen }) {
  const at = moment ?? images_seen;
  const nearer = (/** @type {number} */ a, /** @type {number} */ b) => (Math.abs(b - at) < Math.abs(a - at) ? b : a);
  return moments.length ? moments.reduce(nearer) : null;
}

export class RunControls {
  /** @type {Watched | null} */
  watched = null;
  /** @type {Field[]} */
  fields = [];

  /** @param {HTMLElement} element @param {Server} server */
  constructor(element, server) {
    this.server = server;
    this.$ = finder(/** @type {HTMLElement} */ (element.querySelector(".this")));
    this.place = /** @type {HTMLElement} */ (element.querySelector(".this"));
    this.dialog = new Dialog(/** @type {HTMLDialogElement} */ (element.querySelector("dialog")));
  }

  /** Another run is watched, or it has gone on. @param {Watched} watched */
  show(watched) {
    if (this.watched && this.watched.name !== watched.name) this.say("");
    this.watched = watched;
    this.place.hidden = !watched.name;
    const title = `${watched.name}: ${watched.state}`;
    if (this.$("h3").textContent !== title) this.$("h3").textContent = title;
    for (const [name, can] of Object.entries(CAN)) this.$(`[data-do=${name}]`).disabled = !can(watched);
    this.$("[data-do=resume]").textContent = watched.state === "paused" ? "Resume" : "Resume training";
  }

  /** What each button does. @type {Record<string, (watched: Watched) => unknown>} */
  actions = {
    pause: () => this.#command("pause"),
    resume: ({ state }) => (state === "paused" ? this.#command("resume") : this.#tell(this.server.resume)),
    snapshot: () => this.#command("snapshot"),
    stop: () => this.#tell(this.server.stop),
    change: (watched) => this.#openChange(watched),
    branch: (watched) => this.#openBranch(watched),
    publish: (watched) => this.#openPublish(watched),
  };

  /** Ask the server for something about the run, and show what it says. @param {Call} call */
  async #tell(call, question = {}) {
    const answer = await ask(call, { run: this.watched?.name, ...question });
    this.say(answer.said);
    return answer;
  }

  /** Write a command and wait for what the training says to it. @param {string} kind @param {object} [argument] */
  async #command(kind, argument) {
    const run = this.watched?.name;
    const { id } = await ask(this.server.tell, { run, kind, argument });
    this.say("Asked …");
    for (let i = 0; i < ANSWER.times; i++) {
      await new Promise((done) => setTimeout(done, ANSWER.every));
      const { said } = await ask(this.server.answer_of, { run, id });
      if (said !== null) return this.say(said);
    }
    this.say("The run has not replied yet; it will after the current step or evaluation.");
  }

  /** @param {Watched} watched */
  #openChange(watched) {
    this.dialog.open({
      title: "Change settings",
      about: "Takes effect from the next step and is saved with the run.",
      button: "Change",
      ...this.#options(watched, "change", ({ mutable }) => mutable),
      work: async (form) => {
        const wanted = differing(form, watched);
        if (!Object.keys(wanted).length) throw new Error("No setting was changed.");
        await this.#command("set", wanted);
      },
    });
  }

  /** @param {Watched} watched */
  #openBranch(watched) {
    const { name, moment } = watched;
    const at = nearestKept(watched);
    const nearest = moment && at !== moment ? `, the nearest to ${kimg(moment, 2)}` : "";
    const where = at === null ? "its latest state" : `the state saved at ${kimg(at, 2)} kimg${nearest}`;
    const options = this.#options(watched, "branch", ({ branchable }) => branchable);
    this.dialog.open({
      title: `Branch from ${name}`,
      about: `A new run from ${where}, with these settings.`,
      button: "Branch and train",
      fields: [textField("name of the new run", "name", nextName(name)), ...options.fields],
      changed: options.changed,
      work: async (form) => {
        const wanted = { images_seen: at, name: named(form), settings: differing(form, watched) };
        const { name: made } = await this.#tell(this.server.branch, { run: name, ...wanted });
        document.dispatchEvent(new CustomEvent("explorer:watch", { detail: { name: made } }));
      },
    });
  }

  /** @param {Watched} watched */
  #openPublish({ name, moments, moment, best }) {
    const which = make("select", { name: "snapshot" });
    /** @type {[string, string][]} */
    const kept = moments
      .toReversed()
      .map((/** @type {number} */ images_seen) => [String(images_seen), `${kimg(images_seen, 2)} kimg`]);
    offer(which, [
      ["latest", "latest"],
      ...(best ? [/** @type {[string, string]} */ (["best", "best verdict"])] : []),
      ...kept,
    ]);
    if (moments.includes(moment)) which.value = String(moment);
    const snapshot = make("label", { className: "knob" }, make("span", { textContent: "snapshot" }), which);
    this.dialog.open({
      title: `Publish ${name}`,
      about: "Copies a snapshot, its model card and its reference into checkpoints/.",
      button: "Publish",
      fields: [snapshot, textField("name of the checkpoint", "name", name)],
      work: (form) => this.#tell(this.server.publish, { run: name, snapshot: which.value, name: named(form) }),
    });
  }

  /**
   * Controls for some of the options, as the run has them, in their groups; and what marks those without effect.
   * @param {Watched} watched @param {string} id @param {(field: Field) => boolean} wanted
   */
  #options({ settings = {} }, id, wanted) {
    const chosen = this.fields.filter(wanted);
    const changed = (/** @type {HTMLFormElement} */ form) => markIdle(form, chosen, settings);
    return { fields: fieldsets(chosen, settings, id), changed };
  }

  /** @param {string} text */
  say(text, bad = false) {
    say(this.$(".said"), text, bad);
  }
}

/** The name that a dialog's form asks for. @param {HTMLFormElement} form */
const named = (form) => /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).value;

/** What a form holds that the run does not. @param {HTMLFormElement} form @param {Watched} watched */
function differing(form, { settings }) {
  return Object.fromEntries(Object.entries(valuesOf(form)).filter(([name, value]) => value !== settings?.[name]));
}
