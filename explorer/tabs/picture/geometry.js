// Which square of a picture is seen. Pure.

/** @typedef {{width: number, height: number}} Size */
/** @typedef {{zoom: number, x: number, y: number}} View x, y: the square's centre in the picture, from 0 to 1 */

/**
 * The square that a view shows, in the picture's pixels, kept inside of it.
 * @param {Size} size @param {View} view
 */
export function square({ width, height }, { zoom, x, y }) {
  const side = Math.min(width, height) / zoom;
  const inside = (/** @type {number} */ centre, /** @type {number} */ length) =>
    Math.max(0, Math.min(length - side, centre * length - side / 2));
  return { left: inside(x, width), top: inside(y, height), side };
}

/** The view after the square has moved by shares of its side. @param {Size} size @param {View} view @param {number} dx @param {number} dy @returns {View} */
export function moved(size, view, dx, dy) {
  const { left, top, side } = square(size, view);
  const to = square(size, {
    ...view,
    x: (left + side / 2 + dx * side) / size.width,
    y: (top + side / 2 + dy * side) / size.height,
  });
  return { ...view, x: (to.left + side / 2) / size.width, y: (to.top + side / 2) / size.height };
}
