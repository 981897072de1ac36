// Numbers that the server sends as base64.

/** The bytes of base64 text. @param {string} text */
export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Little-endian float32. @param {string} text */
export const floats = (text) => new Float32Array(bytes(text).buffer);

/** Little-endian int32. @param {string} text */
export const integers = (text) => new Int32Array(bytes(text).buffer);

/** Base64 of bytes. @param {Uint8Array} data */
export function base64Of(data) {
  let text = "";
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
  return btoa(text);
}
