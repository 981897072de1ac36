// What a person does in the Translate tab.
import { copy, download, finder, make } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";
import { base64 } from "../../web/lib/sources.js";
import { choose } from "./listing.js";
import { queryOf } from "./model.js";

const TYPED = ["number", "text", "search", "textarea"]; // inputs that have an undo of their own

/** @typedef {import("./translate.js").TranslateTab} Tab */

/** @param {HTMLElement} element @param {Tab} tab */
export function listen(element, tab) {
  const $ = finder(element);
  element.addEventListener("click", (/** @type {any} */ { target }) => {
    const button = target.closest("[data-do]");
    const action = button && actions[button.dataset.do];
    if (action && tab.model) tab.attempt(() => action(tab));
  });
  $("[data-field=translator]").addEventListener("change", (/** @type {any} */ { target }) =>
    tab.attempt(() => tab.openModel(target.value)).then(() => choose(target, tab.model?.name ?? "")),
  );
  $("[data-field=back]").addEventListener("change", (/** @type {any} */ { target }) =>
    tab.attempt(() => tab.turn(target.value === "1")),
  );
  element.addEventListener("keydown", (/** @type {any} */ event) => {
    if (!(event.ctrlKey || event.metaKey) || TYPED.includes(event.target.type)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    tab.attempt(() => tab.go(key === "y" || event.shiftKey ? 1 : -1));
  });
}

/** What each button does. @type {Record<string, (tab: Tab) => unknown>} */
const actions = {
  undo: (tab) => tab.go(-1),
  redo: (tab) => tab.go(1),
  clear: (tab) => (tab.model?.masked ? tab.change({ strokes: [] }) : tab.begin({ paper: tab.drawing.paper })),
  example: (tab) => tab.beginnings.example(),
  sample: (tab) => tab.beginnings.sample(),
  upload: (tab) => tab.$("[type=file]").click(),
  webcam: (tab) => tab.beginnings.plug(),
  shoot: (tab) => tab.beginnings.shoot(),
  unplug: (tab) => tab.beginnings.unplug(),
  heat: (tab) => tab.output.toggleHeat(),
  lens: (tab) => tab.output.lens.toggle(),
  link: (tab) => copyLink(tab),
  save: (tab) => save(tab),
  complete: (tab) => tab.completions.search(),
  halt: (tab) => tab.completions.cancel(),
  slide: (tab) => tab.completions.open(),
  nine: (tab) => tab.output.nineOthers(),
  mean: (tab) => tab.restyle({ seed: null, z: "" }, true),
  style: (tab) => pickStyle(tab),
};

/** @param {Tab} tab */
async function copyLink(tab) {
  const query = queryOf(tab.recipe());
  if (query === null) throw new Error(`${unlinked(tab)} Save the PNG, which carries it.`);
  await copy(`${location.origin}${location.pathname}?${query}`);
  tab.say("Link copied.");
}

/** Why there is no link. @param {Tab} tab */
const unlinked = ({ drawing }) =>
  drawing.image ? "A picture of your own is not part of a link." : "This drawing is too long for a link.";

/** @param {Tab} tab */
async function save(tab) {
  const { name, data } = await ask(tab.server.translation_png, { recipe: tab.recipe() });
  download(name, `data:image/png;base64,${data}`);
}

/** Ask for a picture, and take its style. @param {Tab} tab */
function pickStyle(tab) {
  const input = make("input", { type: "file", accept: "image/*" });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) tab.attempt(async () => tab.output.styleOf(await base64(file)));
  });
  input.click();
}
