// Brings a file to the server, by Gradio's own way.
import { address } from "./rpc.js";

/** Bytes as a person reads them. @param {number} count */
const size = (count) => (count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(1)} GB`);

/** Why a file is not sent, "" for one that is. @param {{name: string, size: number}} file @param {number} maximum bytes */
export function refusal(file, maximum) {
  if (!file.size) return `${file.name} is empty.`;
  if (file.size <= maximum) return "";
  return `${file.name} has ${size(file.size)}; at most ${size(maximum)} can be uploaded.`;
}

/** Where an uploaded file lies on the server. Throws a sentence where it does not get there. @param {File} file @param {number} maximum bytes */
export async function uploaded(file, maximum) {
  const refused = refusal(file, maximum);
  if (refused) throw new Error(refused);
  const body = new FormData();
  body.append("files", file);
  const answer = await fetch(address("gradio_api/upload"), { method: "POST", body }).catch(() => null);
  if (!answer) throw new Error("The upload failed: the server does not answer. Is the app still running?");
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error ?? told.detail ?? `The upload failed with status ${answer.status}.`);
  return String(told[0]);
}

/** Take files that are dropped onto a place. @param {HTMLElement} place @param {HTMLElement} zone what shows that it may be dropped @param {(file: File | undefined) => void} take */
export function dropped(place, zone, take) {
  const over = (/** @type {boolean} */ is) => zone.classList.toggle("over", is);
  place.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  place.addEventListener("dragleave", () => over(false));
  place.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    event.stopPropagation(); // the zone lies in the head
    over(false);
    take(file);
  });
}
