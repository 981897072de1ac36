// What goes on, and what went wrong, in words.
import { finder } from "../../web/lib/dom.js";

export class Status {
  /** @param {HTMLElement} element of the tab */
  constructor(element) {
    this.element = element;
    this.$ = finder(element);
  }

  /** Tell what went wrong; "" for nothing. @param {string} text */
  say(text) {
    this.$(".message").textContent = text;
  }

  /** @param {string} text what goes on, or has been done @param {boolean} busy whether it goes on */
  busy(text, busy = true) {
    this.$(".progress span").textContent = text;
    this.element.classList.toggle("busy", busy);
  }
}
