// The verdict in words, its measures, and the images that stand out.
import { classBars, varietyBars } from "../../web/components/class_bars.js";
import { finder } from "../../web/lib/dom.js";
import { count } from "../../web/lib/text.js";

const STRIPS = {
  uncovered: "real images have no generated image nearby",
  off_manifold: "generated images have no real image nearby",
};

/** @param {HTMLElement} element @param {any} answer of the server's `diagnose` */
export function showEvaluation(element, answer) {
  const $ = finder(element);
  const place = $(".evaluation");
  const open = [...place.querySelectorAll("details[open] > summary > span")].map(({ textContent }) => textContent);
  place.innerHTML = answer.panel; // escaped by the server
  for (const bars of place.querySelectorAll("[data-attribute]")) {
    bars.replaceChildren(...classBars(answer.classes[Number(bars.dataset.attribute)].shares));
  }
  $("[data-within]")?.replaceChildren(...varietyBars(answer.within));
  for (const title of place.querySelectorAll(".measure > summary > span")) {
    if (open.includes(title.textContent)) title.closest("details").open = true;
  }
  place.dataset.n = answer.n;
  for (const [name, what] of Object.entries(STRIPS)) {
    const { count: found, html } = answer[name];
    const order = found ? "; farthest first" : "";
    $(`.${name} .strip`).innerHTML = html;
    $(`.${name} small`).textContent = `${count(found)} of ${count(answer.evaluated)} ${what}${order}`;
  }
}

/** Show nothing. @param {HTMLElement} element */
export function clearEvaluation(element) {
  finder(element)(".near").hidden = true;
  element.classList.add("empty");
  for (const place of element.querySelectorAll(".evaluation, .odd .strip, .odd small")) place.replaceChildren();
}
