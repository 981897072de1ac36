// A saved PNG that is dropped onto the image opens the recipe it carries; any other picture is one to search for.
import { base64Of } from "../../web/lib/bytes.js";

const MAX_BYTES = 5e6; // bytes of a PNG with a recipe
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether a file is a PNG with a text named "recipe" in one of its chunks. @param {Uint8Array} bytes */
export function carriesRecipe(bytes) {
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ascii = (/** @type {number} */ from, /** @type {number} */ count) =>
    String.fromCharCode(...bytes.subarray(from, from + count));
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (["tEXt", "zTXt", "iTXt"].includes(ascii(at + 4, 4)) && ascii(at + 8, 7) === "recipe\0") return true;
  }
  return false;
}

/**
 * @param {HTMLElement} frame onto which it is dropped
 * @param {HTMLElement} veil shown while something is held over it
 * @param {{recipe: (data: string) => void, picture: (file: File) => void}} take called with a PNG with a recipe as base64, or with any other file
 */
export function acceptDrops(frame, veil, take) {
  frame.addEventListener("dragover", (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  frame.addEventListener("dragleave", () => (veil.hidden = true));
  frame.addEventListener("drop", async (event) => {
    event.preventDefault();
    veil.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    const bytes = file.size <= MAX_BYTES ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
    if (!carriesRecipe(bytes)) return take.picture(file);
    take.recipe(base64Of(bytes));
  });
}
