// Work that the server does step by step while the page looks on (explorer/core/jobs.py).
import { ask } from "./rpc.js";

const EVERY = 100; // ms between two looks

/** What tells this page from others: of each visitor one job of a kind runs at a time. */
export const visitor = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, "0"),
).join("");

/**
 * Look at a job until it has ended.
 * @param {Call} look a server function
 * @param {string} job its name
 * @param {(look: any) => unknown} show called with each look, the last one included
 * @param {number} every ms between two looks
 * @returns {Promise<any>} the last look
 */
export async function followed(look, job, show, every = EVERY) {
  for (;;) {
    const answer = await ask(look, { job });
    show(answer);
    if (answer.ended) return answer;
    await new Promise((done) => setTimeout(done, every));
  }
}
