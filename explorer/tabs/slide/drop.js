// A saved PNG that is dropped onto the image opens the recipe it carries.

const MAX_BYTES = 5e6; // bytes

/**
 * @param {HTMLElement} frame onto which it is dropped
 * @param {HTMLElement} veil shown while something is held over it
 * @param {(data: string) => void} take called with the file as base64
 * @param {(error: Error) => void} refuse
 */
export function acceptDrops(frame, veil, take, refuse) {
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
    if (file.size > MAX_BYTES) {
      return refuse(new Error("The dropped file is larger than 5 MB. Drop a PNG saved from this app."));
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    take(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
  });
}
