// Small tools for elements of the page.

/**
 * A function that finds an element's parts. The type of what a selector finds is known to who wrote the markup only.
 * @param {ParentNode} root
 * @returns {(selector: string) => any}
 */
export const finder = (root) => (selector) => root.querySelector(selector);

/**
 * A new element with properties and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** A <select>'s options, of [value, text] pairs. @param {HTMLElement} select @param {[unknown, string][]} pairs */
export function offer(select, pairs) {
  select.replaceChildren(...pairs.map(([value, textContent]) => make("option", { value, textContent })));
}

/** Text of a message, red if it is bad news. @param {HTMLElement} place @param {string} text */
export function say(place, text, bad = false) {
  place.textContent = text;
  place.classList.toggle("bad", bad);
}

/** Take a message back, unless another one stands in its place by now. @param {HTMLElement} place @param {string} text */
export function takeBack(place, text) {
  if (text && place.textContent === text) say(place, "");
}

/** Take bad news back, once something else was asked for. @param {HTMLElement} place */
export function recover(place) {
  if (place.classList.contains("bad")) say(place, "");
}

/** Show of an element's [data-needs] fields those that a model has a use for. @param {Element} element @param {Model} model */
export function reveal(element, model) {
  /** @type {Record<string, boolean>} */
  const has = { classes: model.classes.length > 0, layers: model.layers > 2, noise: model.noise, critic: model.critic };
  for (const field of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-needs]"))) {
    field.hidden = !has[String(field.dataset.needs)];
  }
}

/** A short note at the foot of the page. @param {string} textContent */
export function toast(textContent) {
  const note = make("div", { className: "explorer-toast", textContent, role: "status" });
  document.body.append(note);
  setTimeout(() => note.remove(), 2500);
}

/** Hand the browser a file. @param {string} name @param {string} href */
export function download(name, href) {
  make("a", { href, download: name }).click();
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** Call `work` whenever an element comes into view. @param {Element} element @param {() => unknown} work */
export function whenSeen(element, work) {
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && work()).observe(element);
}

/** Call `work` whenever the theme changes. @param {() => unknown} work */
export function whenThemed(work) {
  new MutationObserver(() => work()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
}

/** The sentence of whatever was thrown. @param {unknown} error */
export const sentence = (error) => (error instanceof Error ? error.message : String(error));
