// Images onto canvases.
import { bytes } from "./bytes.js";

/**
 * Paint {width, height, channels, pixels: base64}, or {image: address}, on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {any} answer of the server's `render`
 */
export async function paint(canvas, { width, height, channels, pixels, image: address }) {
  if (address) return put(canvas, await decodedImage(address));
  const values = bytes(pixels);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = values[channels === 3 ? 3 * i + k : i];
    image.data[4 * i + 3] = 255;
  }
  put(canvas, image);
}

/** The image at an address, decoded. @param {string} src */
export async function decodedImage(src) {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  return image;
}

/** Leave a canvas blank. @param {HTMLCanvasElement} canvas */
export const erase = (canvas) => canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);

/** Put ImageData or an image on a canvas, which takes its size. @param {HTMLCanvasElement} canvas @param {ImageData | HTMLImageElement} image */
export function put(canvas, image) {
  if (canvas.width !== image.width || canvas.height !== image.height)
    [canvas.width, canvas.height] = [image.width, image.height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (image instanceof ImageData) context.putImageData(image, 0, 0);
  else context.drawImage(image, 0, 0);
}
