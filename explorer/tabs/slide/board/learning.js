// Learning a model's directions: minutes of the server's work, with a bar and a way to stop.
import { sentence } from "../../../web/lib/dom.js";
import { followed, visitor } from "../../../web/lib/jobs.js";
import { ask } from "../../../web/lib/rpc.js";

/** @typedef {import("./collection.js").Found} Found */
/** @typedef {{done: number, of: number, doing: string, stopping: boolean}} Look */
/** @typedef {{job: string, look: Look}} Run one that this page began, or found running; job: "" until the server has begun */

const EVERY = 500; // ms between two looks
const UNMEASURED = "What these directions change has not been measured yet. That takes minutes, once a model.";

export class Learning {
  checkpoint = "";
  #found = { learnable: "", learned: true };
  /** @type {Map<string, Run>} by checkpoint: who looks at another one meanwhile still keeps it going */
  #runs = new Map();
  /** @type {Map<string, string>} checkpoint -> why its learning did not begin, or failed */
  #faults = new Map();
  /** @type {Set<string>} jobs that have ended: an older answer may still name them */
  #ended = new Set();

  /** @param {(selector: string) => any} $ finds the parts @param {Server} server @param {() => Promise<unknown>} renew called once there is something new */
  constructor($, server, renew) {
    this.$ = $;
    this.server = server;
    this.renew = renew;
    $("[data-do=learn]").onclick = () => this.#start();
    $("[data-do=stop]").onclick = () => this.#stop();
  }

  /** What can be learned of a model, or is being learned, whoever began that. @param {Pick<Found, "learnable" | "learned" | "learning">} found @param {string} checkpoint */
  show(found, checkpoint) {
    this.checkpoint = checkpoint;
    this.#found = found;
    const { learning } = found;
    if (learning && !this.#ended.has(learning) && !this.#runs.has(checkpoint)) this.#run(checkpoint, learning);
    this.#draw();
  }

  #start() {
    if (!this.#runs.has(this.checkpoint)) this.#run(this.checkpoint, "");
  }

  /** Follow a learning to its end. @param {string} checkpoint @param {string} job "" to begin one */
  async #run(checkpoint, job) {
    /** @type {Run} */
    const run = { job, look: { done: 0, of: 0, doing: "", stopping: false } };
    this.#runs.set(checkpoint, run);
    this.#faults.delete(checkpoint);
    this.#draw();
    try {
      run.job ||= (await ask(this.server.learn_directions, { checkpoint, visitor })).job;
      this.#draw();
      const show = (/** @type {Look} */ look) => {
        run.look = { ...look, stopping: look.stopping || run.look.stopping };
        this.#draw();
      };
      await followed(this.server.look_learning, run.job, show, EVERY);
      this.#ended.add(run.job);
    } catch (error) {
      this.#faults.set(checkpoint, sentence(error));
    }
    this.#runs.delete(checkpoint);
    if (checkpoint !== this.checkpoint) return;
    this.#draw();
    await this.renew();
  }

  async #stop() {
    const run = this.#runs.get(this.checkpoint);
    if (!run?.job) return;
    run.look.stopping = true;
    this.#draw();
    await ask(this.server.stop_learning, { job: run.job }).catch(() => null); // it has ended by itself
  }

  #draw() {
    const { learnable, learned } = this.#found;
    const run = this.#runs.get(this.checkpoint);
    const [learn, stop, bar] = ["[data-do=learn]", "[data-do=stop]", "progress"].map((selector) => this.$(selector));
    this.$(".learn").hidden = !run && learned && !learnable;
    learn.hidden = run ? Boolean(run.job) : Boolean(learnable) || learned;
    learn.disabled = Boolean(run);
    stop.hidden = bar.hidden = !run?.job;
    if (run) this.#drawRun(run, stop, bar);
    else this.#say(this.#faults.get(this.checkpoint) ?? (learnable || UNMEASURED));
  }

  /** @param {Run} run @param {HTMLButtonElement} stop @param {HTMLProgressElement} bar */
  #drawRun(run, stop, bar) {
    const { done, of, stopping } = run.look;
    stop.disabled = stopping;
    if (of) [bar.max, bar.value] = [of, done];
    else bar.removeAttribute("value");
    this.#say(wordsOf(run));
  }

  /** @param {string} text */
  #say(text) {
    const place = this.$(".learn .doing");
    if (place.textContent !== text) place.textContent = text; // a screen reader reads each change
  }
}

/** @param {Run} run */
function wordsOf({ job, look: { done, of, doing, stopping } }) {
  if (!job) return "Starting …";
  if (stopping) return "Stopping … What has been learned so far stays.";
  return doing ? `${doing[0].toUpperCase()}${doing.slice(1)} … ${done} of ${of}` : "Beginning …";
}
