// Learning a model's directions: minutes of the server's work, with a bar and a way to stop.
import { sentence } from "../../../web/lib/dom.js";
import { followed, visitor } from "../../../web/lib/jobs.js";
import { ask } from "../../../web/lib/rpc.js";

/** @typedef {import("./collection.js").Found} Found */

const EVERY = 500; // ms between two looks

export class Learning {
  #job = "";

  /** @param {(selector: string) => any} $ finds the parts @param {Server} server @param {() => Promise<unknown>} renew called once there is something new */
  constructor($, server, renew) {
    this.$ = $;
    this.server = server;
    this.renew = renew;
    $("[data-do=learn]").onclick = () => this.#start();
    $("[data-do=stop]").onclick = () => this.#stop();
  }

  /** What can be learned of a model. @param {Found} found @param {string} checkpoint */
  show({ learnable, learned }, checkpoint) {
    this.checkpoint = checkpoint;
    this.$(".learn").hidden = learned && !learnable && !this.#job;
    this.$("[data-do=learn]").hidden = Boolean(learnable) || learned || Boolean(this.#job);
    if (this.#job) return;
    this.#say(learnable || "What these directions change has not been measured yet. That takes minutes, once a model.");
  }

  /** @param {string} text */
  #say(text) {
    this.$(".learn .doing").textContent = text;
  }

  async #start() {
    const checkpoint = this.checkpoint;
    let end = "";
    try {
      const { job } = await ask(this.server.learn_directions, { checkpoint, visitor });
      this.#job = job;
      this.#busy(true);
      await followed(this.server.look_learning, job, (look) => this.#progress(look), EVERY);
    } catch (error) {
      end = sentence(error);
    }
    this.#job = "";
    this.#busy(false);
    await this.renew();
    if (end) this.#say(end);
  }

  async #stop() {
    this.$("[data-do=stop]").disabled = true;
    await ask(this.server.stop_learning, { job: this.#job }).catch(() => null); // it has ended by itself
  }

  /** @param {{done: number, of: number, doing: string}} look */
  #progress({ done, of, doing }) {
    const bar = this.$("progress");
    if (of) [bar.max, bar.value] = [of, done];
    this.#say(doing ? `${doing[0].toUpperCase()}${doing.slice(1)} … ${done} of ${of}` : "Beginning …");
  }

  /** @param {boolean} is */
  #busy(is) {
    this.$("[data-do=learn]").hidden = is;
    this.$("[data-do=stop]").hidden = this.$("progress").hidden = !is;
    this.$("[data-do=stop]").disabled = false;
    this.$("progress").removeAttribute("value");
  }
}
