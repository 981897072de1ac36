// Which translators there are, and which generators whose samples they can be given.
import { finder, make, offer } from "../../web/lib/dom.js";
import { ask } from "../../web/lib/rpc.js";

/** Fill the menus. @param {HTMLElement} element of the tab @param {Server} server @returns {Promise<string>} a sentence on one that cannot be used, "" without such */
export async function list(element, server) {
  const $ = finder(element);
  const { translators, generators } = await ask(server.translators, {});
  const usable = translators.filter((/** @type {any} */ one) => one.usable);
  offer(
    $("[data-field=translator]"),
    usable.map((/** @type {any} */ { name }) => [name, name]),
  );
  offer(
    $("[data-field=generator]"),
    generators.map((/** @type {string} */ name) => [name, name]),
  );
  $("[data-needs=generators]").hidden = !generators.length;
  element.classList.toggle("none", !usable.length);
  $(".nothing").hidden = usable.length > 0;
  const broken = translators.find((/** @type {any} */ one) => !one.usable);
  return broken ? `${broken.name} cannot be used: ${broken.about}` : "";
}

/** Show a translator as the chosen one; a snapshot of a run may not be in the menu. @param {HTMLSelectElement} select @param {string} name */
export function choose(select, name) {
  select.value = name;
  if (select.value !== name) select.append(make("option", { value: name, textContent: name, selected: true }));
}

/** Show what a model has a use for. @param {HTMLElement} element @param {import("./model.js").Translator} model */
export function reveal(element, model) {
  /** @type {Record<string, any>} */
  const has = { ...model, lens: model.scale > 1 };
  for (const field of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-needs]"))) {
    const need = String(field.dataset.needs);
    if (need in has) field.hidden = !has[need];
  }
  finder(element)("[data-do=example]").disabled = !model.examples;
}
