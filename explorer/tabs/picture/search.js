// A search that runs on the server: started, watched, cancelled.
import { ask } from "../../web/lib/rpc.js";

const PAUSE = 250; // ms between two questions

const never = () => new Promise(() => {});

export class Search {
  #token = "";
  #turn = 0; // counts runs and cancellings, so that a search whose name comes too late is known for cancelled

  /** @param {Server} server with `search`, `search_progress` and `cancel_search` */
  constructor(server) {
    this.server = server;
  }

  /**
   * Run one; its last news holds the result. Never settles once it is cancelled.
   * @param {object} question @param {(news: any) => void} follow @param {string} [start] the handler that starts it
   */
  async run(question, follow, start = "search") {
    this.cancel();
    const turn = this.#turn;
    const gone = () => turn !== this.#turn;
    let token;
    try {
      const begin = (/** @type {object} */ asked) => (gone() ? Promise.reject() : this.server[start](asked));
      ({ token } = await ask(begin, question)); // which asks a busy server again, unless it was cancelled meanwhile
    } catch (error) {
      if (gone()) return never();
      throw error;
    }
    if (gone()) {
      this.#end(token);
      return never();
    }
    this.#token = token;
    for (let count = 0; ;) {
      const news = await ask(this.server.search_progress, { token, count });
      if (gone()) return never();
      count = news.count;
      if (news.done) {
        this.#token = "";
        return news;
      }
      follow(news);
      await new Promise((done) => setTimeout(done, PAUSE));
      if (gone()) return never();
    }
  }

  cancel() {
    this.#turn += 1;
    this.#end(this.#token);
    this.#token = "";
  }

  /** @param {string} token */
  #end(token) {
    if (token) this.server.cancel_search({ token }).catch(() => null);
  }
}
