// A search that runs on the server: started, watched, cancelled.
import { ask } from "../../web/lib/rpc.js";

const PAUSE = 250; // ms between two questions

export class Search {
  #token = "";

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
    const { token } = await ask(this.server[start], question);
    this.#token = token;
    for (let count = 0; ;) {
      const news = await ask(this.server.search_progress, { token, count });
      if (this.#token !== token) return new Promise(() => {});
      count = news.count;
      if (news.done) {
        this.#token = "";
        return news;
      }
      follow(news);
      await new Promise((done) => setTimeout(done, PAUSE));
      if (this.#token !== token) return new Promise(() => {});
    }
  }

  cancel() {
    const token = this.#token;
    this.#token = "";
    if (token) this.server.cancel_search({ token }).catch(() => null);
  }
}
