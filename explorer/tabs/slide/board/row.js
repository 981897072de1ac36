// One slider: its title, its ends, what it changes, its strength.
import { make } from "../../../web/lib/dom.js";
import { isBeyond, shareOf } from "./choice.js";
import { boundaryWords, effectBar, effectWords } from "./effects.js";

/** @typedef {import("./choice.js").Direction} Direction */

const DEAD = 0.03; // strengths below this are zero
const FARTHEST = 100; // strength that a recipe may have
const FAR_STEP = 0.5; // strength that an arrow key moves with Shift
const THUMB = 16; // pixels that the slider's thumb is wide

/**
 * @typedef {object} On
 * @property {(id: string, strength: number, beyond?: boolean) => void} move while it is dragged; beyond the ends if asked
 * @property {() => void} rest once it is let go
 * @property {(id: string, button: HTMLElement) => void} menu
 * @property {(id: string, title: string) => void} rename
 * @property {(sentence: string) => void} refuse
 */

let count = 0; // of rows, for ids of elements

export class Row {
  strength = 0;
  /** @type {number | null} strength from which on the image has what the direction is named after; null if not known */
  boundary = null;
  #others = ""; // all of the recipe but this slider, for which the boundary holds
  #far = false; // whether this drag went beyond the ends

  /** @param {Direction} direction @param {string} method its title @param {string} name of the direction where nothing stands beside it @param {On} on */
  constructor(direction, method, name, on) {
    this.direction = direction;
    this.on = on;
    this.key = JSON.stringify([direction, name]);
    const { low, high, title } = direction;
    const described = `effects-${(count += 1)}`;
    this.input = make("input", { type: "range", min: low, max: high, step: 0.05, ariaLabel: `Direction ${name}` });
    this.input.value = "0"; // once its range is known
    this.input.style.setProperty("--zero", String(shareOf(direction, 0)));
    this.input.setAttribute("aria-describedby", described);
    this.title = make("span", { className: "title", textContent: title, title });
    this.far = make("small", { className: "far", textContent: farWords(direction), hidden: true });
    this.value = make("button", {
      type: "button",
      className: "value",
      textContent: "0.00",
      onclick: () => this.#type(),
    });
    this.value.title = "Type a strength";
    this.value.ariaLabel = `Strength of ${name}`;
    this.reset = make("button", { type: "button", title: "Reset", textContent: "↺", onclick: this.#set(0) });
    this.reset.ariaLabel = `Reset ${name}`;
    this.reset.dataset.reset = "";
    this.more = make("button", { type: "button", className: "more", title: "More", textContent: "⋯" });
    this.more.ariaLabel = `More for ${name}`;
    this.more.setAttribute("aria-haspopup", "dialog");
    this.more.onclick = () => on.menu(direction.id, this.more);
    this.ends = [this.#end("low", low), this.#end("high", high)];
    const method_ = make("small", { className: "method", textContent: method });
    this.effects = effectBar(direction, described);
    const head = make("div", { className: "head" }, this.title, method_, this.far, this.effects);
    const middle = make("div", { className: "middle" }, head, this.input);
    const [left, right] = this.ends;
    this.element = make("li", { className: "slider" }, left, middle, this.value, this.reset, this.more, right);
    this.element.dataset.direction = name;
    this.#listen();
  }

  #listen() {
    const { input, on, direction } = this;
    input.oninput = () => on.move(direction.id, Math.abs(input.valueAsNumber) < DEAD ? 0 : input.valueAsNumber);
    input.onchange = () => on.rest();
    input.ondblclick = this.#set(0);
    input.addEventListener("pointermove", (event) => this.#drag(event));
    input.addEventListener("pointerup", () => {
      if (this.#far) on.rest();
      this.#far = false;
    });
    input.addEventListener("keydown", (event) => {
      const sign = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!event.shiftKey || !sign) return;
      event.preventDefault();
      this.#move(this.strength + sign * FAR_STEP);
      on.rest();
    });
  }

  /** With Shift a drag goes on where the slider ends. @param {PointerEvent} event */
  #drag({ shiftKey, buttons, clientX }) {
    if (!shiftKey || !(buttons & 1)) return;
    const { low, high } = this.direction;
    const { left, width } = this.input.getBoundingClientRect();
    const strength = low + ((clientX - left - THUMB / 2) / (width - THUMB)) * (high - low);
    if (!isBeyond(this.direction, strength)) return;
    this.#far = true;
    this.#move(strength);
  }

  /** @param {number} strength which may lie beyond the ends */
  #move(strength) {
    const bounded = Math.max(-FARTHEST, Math.min(FARTHEST, strength));
    this.on.move(this.direction.id, Math.round(100 * bounded) / 100, true);
  }

  /** @param {number} strength */
  #set(strength) {
    return () => {
      this.on.move(this.direction.id, strength);
      this.on.rest();
    };
  }

  /** @param {string} className @param {number} strength */
  #end(className, strength) {
    return make("img", { className, alt: "", draggable: false, onclick: this.#set(strength) });
  }

  /** Let the strength be typed. */
  #type() {
    const { value } = this;
    const input = make("input", { type: "number", className: "typed", min: -FARTHEST, max: FARTHEST, step: "any" });
    input.value = this.strength.toFixed(2);
    input.ariaLabel = value.ariaLabel;
    const take = () => {
      const { badInput } = input.validity;
      if (input.value === "" && !badInput) return;
      if (!input.checkValidity()) {
        const found = badInput ? "this is none" : `it is ${input.value}`;
        return this.on.refuse(`A strength must be a number from −${FARTHEST} to ${FARTHEST}; ${found}. Type another.`);
      }
      this.#move(input.valueAsNumber);
      this.on.rest();
    };
    edit(input, value, take);
  }

  /** Let the title be typed. */
  rename() {
    const input = make("input", { type: "text", className: "renamed", maxLength: 100, ariaLabel: "Title" });
    input.value = this.direction.title;
    edit(input, this.title, () => this.on.rename(this.direction.id, input.value));
  }

  /** @param {number} strength */
  show(strength) {
    this.strength = strength;
    this.input.value = String(strength);
    const sign = strength > 0 ? "+" : "−";
    this.value.textContent = strength ? sign + Math.abs(strength).toFixed(2) : "0.00";
    this.reset.disabled = !strength;
    const beyond = isBeyond(this.direction, strength);
    this.far.hidden = !beyond;
    this.element.classList.toggle("beyond", beyond);
  }

  /** @param {{low: string, high: string}} ends addresses of images */
  showEnds({ low, high }) {
    [this.ends[0].src, this.ends[1].src] = [low, high];
  }

  /** Mark on the track where an attribute begins. @param {number | null} boundary */
  showBoundary(boundary) {
    this.boundary = boundary;
    this.input.classList.toggle("divided", boundary !== null);
    this.input.style.setProperty("--boundary", String(boundary === null ? 1 : shareOf(this.direction, boundary)));
    this.effects.ariaLabel = this.words;
  }

  /** A boundary holds as long as all the rest of the recipe stays. @param {string} others */
  beside(others) {
    if (others !== this.#others) this.showBoundary(null);
    this.#others = others;
  }

  /** Move to where the attribute begins. */
  toBoundary() {
    this.#set(Number(this.boundary))();
  }

  /** What hover and focus tell in words. */
  get words() {
    return [boundaryWords(this.direction, this.boundary), effectWords(this.direction)].filter(Boolean).join(" ");
  }
}

/** Put a field in something's place until it is left: Enter takes what was typed, Escape does not. @param {HTMLInputElement} input @param {HTMLElement} place @param {() => void} take */
function edit(input, place, take) {
  let open = true;
  const close = (/** @type {boolean} */ taken) => {
    if (!open) return;
    open = false;
    input.replaceWith(place);
    if (taken) take();
    if (place.tagName === "BUTTON") place.focus();
  };
  input.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // the button that has the focus then would be pressed by the same key
    close(event.key === "Enter");
  };
  input.onblur = () => close(true);
  place.replaceWith(input);
  input.focus();
  input.select();
}

/** What is known where a slider ends: without a measurement nothing. @param {Direction} direction */
const farWords = ({ effects, impurity }) =>
  effects.length || impurity !== null ? "beyond the support of real images" : "beyond the slider’s end";
