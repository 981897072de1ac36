// Curves as lists of numbers: thinned, smoothed. Pure.

/** @typedef {[number[], number[]]} Curve images seen, and the value there */

const LONGEST = 1600; // points of a curve that stay in the page

/** Exponential mean with its start corrected; weight 0 leaves the values as they are. @param {number[]} values @param {number} weight */
export function smoothed(values, weight) {
  let mean = 0;
  let mass = 0;
  return values.map((value) => {
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}

/** The older three quarters of a curve by pairs: a point each, at the later of the two, with their mean. @param {Curve} curve @returns {Curve} */
export function thinned([x, y]) {
  const older = Math.floor((x.length * 3) / 8) * 2;
  const pairs = Array.from({ length: older / 2 }, (_, i) => 2 * i);
  return [
    [...pairs.map((i) => x[i + 1]), ...x.slice(older)],
    [...pairs.map((i) => (y[i] + y[i + 1]) / 2), ...y.slice(older)],
  ];
}

/** A curve with newer points behind it, thinned where it has grown too long. @param {Curve} curve @param {Curve} news @returns {Curve} */
export function extended([x, y], [newX, newY]) {
  /** @type {Curve} */
  const curve = [
    [...x, ...newX],
    [...y, ...newY],
  ];
  return curve[0].length > LONGEST ? thinned(curve) : curve;
}
