// When to work: the rules of a drag.

/**
 * Calls `work` with the latest argument only: one call in flight, what came between is dropped.
 * @template T
 * @param {(argument: T) => Promise<unknown>} work
 * @returns {(argument?: T) => Promise<void>} settles at once where a call is in flight
 */
export function latest(work) {
  let running = false;
  /** @type {{argument: any} | null} */
  let waiting = null;
  return async (argument) => {
    waiting = { argument };
    if (running) return;
    running = true;
    try {
      while (waiting) {
        const now = /** @type {{argument: any}} */ (waiting).argument;
        waiting = null;
        await work(now);
      }
    } finally {
      running = false;
    }
  };
}

/**
 * Run `work` once the calls have paused for `ms`.
 * @template {unknown[]} A
 * @param {(...args: A) => unknown} work
 * @param {number} ms
 * @returns {(...args: A) => void}
 */
export function debounced(work, ms) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), ms);
  };
}
