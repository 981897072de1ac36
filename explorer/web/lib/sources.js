// Where a picture of one's own comes from: a file, the clipboard, the webcam.
import { decodedImage } from "./canvas.js";
import { ask } from "./rpc.js";

const MAX_BYTES = 5e6; // of a file that the server has to decode
const LEAST_SIDE = 8; // pixels
const MAX_PIXELS = 5e7;

/** @typedef {{image: ImageBitmap | HTMLImageElement, size: {width: number, height: number}}} Picture */

/**
 * Decode a file: in the browser, or by the server what the browser cannot. Throws one sentence for what is no picture.
 * @param {Blob & {name?: string}} file @param {Server} server @returns {Promise<Picture>}
 */
export async function pictureOf(file, server) {
  if (!file.size) throw new Error(`${file.name || "The picture"} is empty.`);
  const image = await createImageBitmap(file).catch(() => null);
  if (image) return checked(image);
  if (file.size > MAX_BYTES) {
    throw new Error(
      "This browser cannot decode the file, and at 5 MB or more it is not sent. Save it as JPEG or PNG first.",
    );
  }
  const answer = await ask(server.decode, { data: await base64(file) });
  return checked(await decodedImage(answer.image));
}

/** @param {ImageBitmap | HTMLImageElement} image @returns {Picture} */
function checked(image) {
  const { width, height } = image;
  if (Math.min(width, height) < LEAST_SIDE) {
    throw new Error(`The picture has ${width} x ${height} pixels; at least ${LEAST_SIDE} a side are needed.`);
  }
  if (width * height > MAX_PIXELS) {
    throw new Error(`The picture has ${width} x ${height} pixels, more than 50 million. Make it smaller first.`);
  }
  return { image, size: { width, height } };
}

/** @param {Blob} file @returns {Promise<string>} */
export const base64 = (file) =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",")[1]);
    reader.onerror = () => failed(new Error("The file could not be read. Choose it again."));
    reader.readAsDataURL(file);
  });

/** The first picture among what was pasted, if any. @param {ClipboardEvent} event */
export const pasted = (event) =>
  [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;

export class Webcam {
  /** @type {MediaStream | null} */
  #stream = null;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
  }

  /** Show what it sees. Throws a sentence where there is none, or it may not be used. */
  async open() {
    const stream = await navigator.mediaDevices?.getUserMedia({ video: true }).catch(() => null);
    if (!stream) throw new Error("There is no webcam, or this page may not use it.");
    this.#stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
  }

  /** What it sees now. @returns {Promise<Picture>} */
  async shot() {
    return checked(await createImageBitmap(this.video));
  }

  close() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = this.video.srcObject = null;
  }
}

/** Pictures that are pasted while an element is seen and no text is written. @param {HTMLElement} element @param {(file: File) => void} take */
export function acceptPastes(element, take) {
  document.addEventListener("paste", (event) => {
    const file = element.offsetParent && !document.querySelector("dialog[open]") && pasted(event);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
