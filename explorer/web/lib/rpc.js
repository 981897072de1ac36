// How the page asks the server, and where files of the app lie.

const ROOT = new URL("../../../../../", import.meta.url); // explorer/modules/VERSION/web/lib below the page
const PATIENCE = 5; // times that a busy server is asked

/**
 * Ask a server function; its {error} becomes an exception with that sentence.
 * @param {Call} call
 * @param {object} question
 */
export async function ask(call, question) {
  let answer = null;
  for (let wait = 1; wait <= PATIENCE && (!answer || answer.busy); wait++) {
    if (answer) await new Promise((done) => setTimeout(done, 1000 * wait)); // too many ask for the same just now
    answer = await call(question).catch(() => null);
    if (!answer) break;
  }
  if (!answer) throw new Error("The server does not answer. Is the app still running?");
  if (answer.error) throw new Error(answer.error);
  return answer;
}

/**
 * `ask`, but null once nobody wants to know any more, as another model is shown: its refusal is dropped, too.
 * @param {() => boolean} wanted
 * @param {Call} call
 * @param {object} question
 */
export async function askWhile(wanted, call, question) {
  try {
    const answer = await ask(call, question);
    return wanted() ? answer : null;
  } catch (error) {
    if (wanted()) throw error;
    return null;
  }
}

/** A file of the app, by its place below the page's own address: the app may live in a folder behind a proxy. @param {string} place */
export const address = (place) => new URL(place, ROOT).href;

/** @type {Record<string, Promise<unknown>>} */
const scripts = {};

/** Load a script of the app that is no module once, however many ask for it. @param {string} src */
export function script(src) {
  scripts[src] ||= new Promise((done, failed) => {
    const tag = document.createElement("script");
    const failure = new Error("A script of this page could not be loaded. Reload the page.");
    Object.assign(tag, { src: address(src), onload: done, onerror: () => failed(failure) });
    document.head.append(tag);
  });
  return scripts[src];
}
