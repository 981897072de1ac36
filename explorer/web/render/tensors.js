// Between pixels and what a network reads and gives: as trainer/checkpoints/translating.py has it. Pure.

const LUMA = [19595, 38470, 7471]; // of 65536, as PIL makes grey of RGB

/** RGB of each pixel as so many channels, one after the other a pixel. @param {Uint8Array} rgb @param {number} channels 1 for grey, or 3 */
export function inChannels(rgb, channels) {
  if (channels === 3) return rgb.slice();
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) {
    const sum = rgb[3 * i] * LUMA[0] + rgb[3 * i + 1] * LUMA[1] + rgb[3 * i + 2] * LUMA[2];
    grey[i] = Math.floor((sum + 0x8000) / 65536);
  }
  return grey;
}

/** Pixels with one more channel. @param {Uint8Array} pixels @param {number} channels of these @param {Uint8Array} mask a number a pixel */
export function withMask(pixels, channels, mask) {
  const all = new Uint8Array(mask.length * (channels + 1));
  for (let i = 0; i < mask.length; i++) {
    for (let c = 0; c < channels; c++) all[i * (channels + 1) + c] = pixels[i * channels + c];
    all[i * (channels + 1) + channels] = mask[i];
  }
  return all;
}

/** Pixels as a network reads them: planes of numbers from -1 to 1, a mask 0 or 1. @param {Uint8Array} pixels @param {number} channels the mask included @param {boolean} masked */
export function planes(pixels, channels, masked = false) {
  const size = pixels.length / channels;
  const data = new Float32Array(pixels.length);
  for (let c = 0; c < channels; c++) {
    const isMask = masked && c === channels - 1;
    for (let i = 0; i < size; i++) {
      const value = pixels[i * channels + c];
      data[c * size + i] = isMask ? Number(value > 0) : value / 127.5 - 1;
    }
  }
  return data;
}

/** What a network gives as pixels, RGBA. @param {Float32Array} data planes of one image @param {number} channels 1 or 3 */
export function rgba(data, channels) {
  const size = data.length / channels;
  const all = new Uint8ClampedArray(4 * size).fill(255);
  for (let i = 0; i < size; i++)
    for (let c = 0; c < 3; c++) all[4 * i + c] = data[(channels === 3 ? c : 0) * size + i] * 127.5 + 127.5; // rounds to even and clamps, as PyTorch does
  return all;
}

/** Pixels as RGBA. @param {Uint8Array} pixels @param {number} channels 1 or 3 */
export function shown(pixels, channels) {
  const size = pixels.length / channels;
  const all = new Uint8ClampedArray(4 * size).fill(255);
  for (let i = 0; i < size; i++)
    for (let c = 0; c < 3; c++) all[4 * i + c] = pixels[i * channels + (channels === 3 ? c : 0)];
  return all;
}

/** RGB of RGBA. @param {Uint8ClampedArray} pixels */
export function withoutAlpha(pixels) {
  const rgb = new Uint8Array((pixels.length / 4) * 3);
  for (let i = 0; i < pixels.length / 4; i++) for (let c = 0; c < 3; c++) rgb[3 * i + c] = pixels[4 * i + c];
  return rgb;
}
