// One worker that runs a generator, asked one thing after another.

/** A failure, and what ran the network then: "WebGPU", "WebAssembly" or "" where nothing did yet. */
export class WorkerFailed extends Error {
  /** @param {string} message @param {string} [by] */
  constructor(message, by) {
    super(message);
    this.by = by;
  }
}

export class WorkerClient {
  /** @type {{yes: (answer: any) => void, no: (error: Error) => void}[]} promises of the answers, in order */
  #asked = [];

  /**
   * @param {string} address of the worker's script
   * @param {(error: WorkerFailed) => void} failed called once; nothing is answered after it
   */
  constructor(address, failed) {
    this.failed = failed;
    this.worker = new Worker(address, { type: "module" });
    this.worker.onmessage = ({ data }) => {
      if (data.failed) this.fail(new WorkerFailed(data.failed, data.by));
      else this.#asked.shift()?.yes(data);
    };
    this.worker.onerror = (event) => this.fail(new WorkerFailed(event.message || "its script could not be loaded"));
  }

  /** Ask one thing; answers come in the order of the questions. @param {object} question @param {number} patience ms until it has failed @returns {Promise<any>} */
  ask(question, patience) {
    return new Promise((yes, no) => {
      const late = setTimeout(() => this.fail(new WorkerFailed("it takes too long")), patience);
      this.#asked.push({
        yes: (answer) => {
          clearTimeout(late);
          yes(answer);
        },
        no: (error) => {
          clearTimeout(late);
          no(error);
        },
      });
      this.worker.postMessage(question);
    });
  }

  /** Stop the worker and refuse whatever is asked. @param {WorkerFailed} error */
  fail(error) {
    this.stop(error);
    this.failed(error);
  }

  /** @param {Error} error for whoever still waits */
  stop(error) {
    this.worker.terminate();
    const asked = this.#asked;
    this.#asked = [];
    for (const { no } of asked) no(error);
  }
}
