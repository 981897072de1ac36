// What a person can do in Slide, beside its sliders and its pad.
import { copy, download, finder, sentence } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { turnCrisp } from "../../web/lib/scaling.js";
import { acceptPastes } from "../../web/lib/sources.js";
import { acceptDrops } from "./drop.js";

/** @typedef {import("./slide.js").SlideTab} SlideTab */

const SEEDS = 2 ** 32;
const SEEDED = { z: "", w: "", mix: [], tuned: "" }; // of an image that its seed alone decides
const TYPED = ["number", "text", "search"]; // fields in which Ctrl+Z is the text's

/** @param {HTMLElement} element @param {SlideTab} tab */
export function listen(element, tab) {
  const $ = finder(element);
  const attempt = async (/** @type {() => unknown} */ work) => {
    tab.recover();
    try {
      await work();
    } catch (error) {
      tab.say(sentence(error), true);
    }
  };
  element.addEventListener("input", (/** @type {any} */ { target }) => {
    if (target.dataset.field !== "psi") return;
    tab.change({ psi: target.valueAsNumber });
    tab.controls.showPsi(target.valueAsNumber);
  });
  element.addEventListener("change", (/** @type {any} */ { target }) => changes[target.dataset.field]?.(tab, target));
  element.addEventListener("click", (/** @type {any} */ { target }) => {
    const button = target.closest("[data-do]");
    const action = button && actions[button.dataset.do];
    if (action && tab.recipe) attempt(() => action(tab, button));
  });
  element.addEventListener("keydown", (/** @type {any} */ event) => {
    if (!(event.ctrlKey || event.metaKey) || TYPED.includes(event.target.type)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    tab.go(key === "y" || event.shiftKey ? 1 : -1);
  });
  comparing($("[data-do=compare]"), tab);
  const open = async (/** @type {string} */ data) => tab.trigger("drop", await ask(tab.server.open_png, { data }));
  const picture = (/** @type {File | undefined} */ file) => tab.recipe && openPicture(tab, file);
  acceptDrops($(".frame"), $(".veil"), { recipe: (data) => attempt(() => open(data)), picture });
  acceptPastes(element, picture);
}

/** Tell the other elements of the page (tabs/picture). @param {string} name @param {object} detail */
const announce = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** Ask for the dialog that searches for a picture. @param {SlideTab} tab @param {File} [file] */
const openPicture = (tab, file) => announce("explorer:picture", { checkpoint: tab.model.name, file });

/** What another value of a control leads to. @type {Record<string, (tab: SlideTab, input: HTMLInputElement) => void>} */
const changes = {
  layers: (tab, { value }) => {
    tab.board.layers = JSON.parse(value);
    tab.showSliders();
  },
  label: (tab, { value }) => tab.put({ label: Number(value), w: "", tuned: "" }),
  noise: (tab, { value }) => tab.put({ noise: value }),
  psi: (tab) => tab.commit(),
  seed: (tab, input) => {
    if (!input.checkValidity() || input.value === "") {
      return tab.say(`The seed must be a whole number from 0 to ${SEEDS - 1}.`, true);
    }
    tab.put({ ...SEEDED, seed: input.valueAsNumber });
  },
};

/** What each button does. @type {Record<string, (tab: SlideTab, button: HTMLButtonElement) => unknown>} */
const actions = {
  undo: (tab) => tab.go(-1),
  redo: (tab) => tab.go(1),
  reset: (tab) => tab.put({ edits: [] }),
  choose: (tab) => tab.board.chooser.open(),
  random: (tab) => tab.put({ ...SEEDED, seed: Math.floor(Math.random() * SEEDS) }),
  crisp: turnCrisp,
  sharpen: (tab) => tab.sharpener.toggle(),
  link: async (tab) => {
    await copy(tab.link());
    tab.say("Link copied.");
  },
  save: async (tab) => {
    const { name, data } = await ask(tab.server.png, { recipe: tab.short() });
    download(name, `data:image/png;base64,${data}`);
  },
  keep: async (tab) => {
    const { recipe } = await ask(tab.server.rebase, { recipe: tab.short() });
    tab.startFrom(recipe);
    tab.say("This image is the new starting point.");
  },
  untune: (tab) => tab.put({ tuned: "" }),
  picture: (tab) => openPicture(tab),
  nearest: (tab) => announce("explorer:nearest", { recipe: tab.short() }),
  path: (tab) => {
    tab.trigger("path", { recipe: tab.short() });
    tab.say("Added to the path in Interpolate.");
  },
};

/** Show the start while a button is held. @param {HTMLElement} button @param {SlideTab} tab */
function comparing(button, tab) {
  let held = false;
  const start = () => {
    if (!tab.recipe) return;
    held = true;
    tab.draw({ ...tab.recipe, edits: [] });
    tab.say("The starting image. Release to return.");
  };
  const back = () => {
    if (!held) return;
    held = false;
    tab.draw();
    tab.say("");
  };
  const presses = (/** @type {KeyboardEvent} */ { key }) => key === " " || key === "Enter";
  button.addEventListener("pointerdown", start);
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(name, back);
  button.addEventListener("keydown", (event) => presses(event) && !event.repeat && start());
  button.addEventListener("keyup", (event) => presses(event) && back());
}
