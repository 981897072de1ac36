// Work that the server does step by step while the page looks on (explorer/core/jobs.py).
import { ask } from "./rpc.js";

const EVERY = 100; // ms between two looks
export const AT_A_SEARCH = 250; // the same, at one that takes seconds

/** What tells this page from others: of each visitor one job of a kind runs at a time. */
export const visitor = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, "0"),
).join("");

/**
 * Look at a job until it has ended.
 * @param {Call} look a server function; it is told the number of steps that were `seen`
 * @param {string} job its name
 * @param {(look: any) => unknown} show called with each look, the last one included
 * @param {number} every ms between two looks
 * @returns {Promise<any>} the last look
 */
export async function followed(look, job, show, every = EVERY) {
  for (let seen = 0; ;) {
    const answer = await ask(look, { job, seen });
    show(answer);
    if (answer.ended) return answer;
    seen = answer.taken ?? 0;
    await new Promise((done) => setTimeout(done, every));
  }
}

const never = () => new Promise(() => {});

/** Work of one kind, of which the page has one job at a time; it can be ended before the server has named it. */
export class Work {
  #job = "";
  #turn = 0; // counts jobs and cancellings, so that one whose name comes too late is known for cancelled
  #stopping = false;

  /** @param {{look: Call, cancel: Call, every?: number}} calls server functions, and ms between two looks */
  constructor({ look, cancel, every = EVERY }) {
    this.calls = { look, cancel, every };
  }

  /**
   * Begin a job, in place of the last one, and follow it: its last look. Never settles once it is cancelled.
   * @param {Call} start the server function that begins it @param {object} question
   * @param {(look: any) => unknown} show called with each look, the last one included
   * @returns {Promise<any>}
   */
  async run(start, question, show) {
    this.cancel();
    this.#stopping = false;
    const turn = this.#turn;
    const gone = () => turn !== this.#turn;
    const asked = (/** @type {Call} */ call) => (/** @type {object} */ about) =>
      gone() ? Promise.reject() : call(about);
    try {
      const { job } = await ask(asked(start), question); // which asks a busy server again, unless it was cancelled meanwhile
      if (gone() || this.#stopping) this.#end(job);
      if (!gone()) this.#job = job;
      const last = await followed(asked(this.calls.look), job, (look) => gone() || show(look), this.calls.every);
      if (!gone()) return last;
    } catch (error) {
      if (!gone()) throw error;
    } finally {
      if (!gone()) this.#job = "";
    }
    return never();
  }

  /** End the job at once, whatever it has come to. */
  cancel() {
    this.#turn += 1;
    this.#end(this.#job);
    this.#job = "";
  }

  /** Whether the last job was to stop: it may have ended by itself before the server heard of it. */
  get stopped() {
    return this.#stopping;
  }

  /** Let the job end after the step that it is at; its last look comes as ever. */
  stop() {
    this.#stopping = true;
    this.#end(this.#job);
  }

  /** @param {string} job */
  #end(job) {
    if (job) ask(this.calls.cancel, { job }).catch(() => null); // it has ended by itself
  }
}
