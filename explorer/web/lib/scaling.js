// How images are scaled to the size they are shown at: smoothly, or crisp, each pixel a square. The server has the rule
// (`crisp` of a model), a visitor's choice goes before it, and one variable of the style sheets carries it to all tabs.

/** @typedef {"crisp" | "smooth" | ""} Choice for all models; "" leaves each to the rule */

const KEY = "explorer-scaling";

let choice = remembered();
let usual = false; // of the model that is shown: whether it is crisp by the rule

/** Whether images are crisp. @param {boolean} usual by the rule @param {string} choice */
export const isCrisp = (usual, choice) => choice === "crisp" || (usual && choice !== "smooth");

/** The choice that turns the switch; one that is the rule's again is none. @param {boolean} usual @param {string} choice @returns {Choice} */
export function turned(usual, choice) {
  const crisp = !isCrisp(usual, choice);
  if (crisp === usual) return "";
  return crisp ? "crisp" : "smooth";
}

/** Another model is shown. @param {Model} model */
export function scaleFor(model) {
  usual = model.crisp;
  show();
}

/** What the switch does; this browser remembers it. */
export function turnCrisp() {
  choice = turned(usual, choice);
  show();
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // a storage that is full or forbidden costs no more than the memory
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function show() {
  const crisp = isCrisp(usual, choice);
  document.documentElement.style.setProperty("--scaling", crisp ? "pixelated" : "auto");
  for (const button of document.querySelectorAll("[data-do=crisp]")) button.setAttribute("aria-pressed", String(crisp));
}

// Another page of this browser has turned it.
globalThis.addEventListener?.("storage", ({ key, newValue }) => {
  if (key !== KEY) return;
  choice = newValue ?? "";
  show();
});
