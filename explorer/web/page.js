// What belongs to the whole page, not to a tab: its link, its theme, and a repair of Gradio's notes.
import { copy, toast } from "./lib/dom.js";

/** Copy the page's address, which Slide and Translate keep up to date. */
export async function share() {
  await copy(location.href);
  const drawn = new URLSearchParams(location.search).has("translator");
  toast(drawn ? "Link copied: it restores the drawing in Translate." : "Link copied: it restores the image in Slide.");
}

/** Dark or light: the choice made now, else the address's __theme, else the remembered one, else the system's. */
export function theme(choice = "") {
  const forced = new URLSearchParams(location.search).get("__theme");
  const wanted = choice || forced || localStorage.getItem("explorer-theme");
  if (choice) localStorage.setItem("explorer-theme", choice);
  if (wanted === "dark" || wanted === "light") document.body.classList.toggle("dark", wanted === "dark");
}

/** The other theme than the present one. */
export function toggleTheme() {
  theme(document.body.classList.contains("dark") ? "light" : "dark");
}

/** Gradio's notes put their Close inside a header that calls itself a button, to fold them: a button in a button. */
const headers = document.getElementsByClassName("toast-header");
new MutationObserver(() => {
  for (const header of headers) for (const name of ["role", "tabindex"]) header.removeAttribute(name);
}).observe(document.documentElement, { childList: true, subtree: true });
