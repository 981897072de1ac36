// Numbers as people read them. Pure.

/** @param {number} images_seen @param {number} [digits] after the point; fewer where there are many thousands */
export const kimg = (images_seen, digits = images_seen < 10000 ? 2 : 0) =>
  (images_seen / 1000).toLocaleString(undefined, { maximumFractionDigits: digits });

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} h`;
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.max(1, Math.round(seconds))} s`;
}

/** @param {number} share 0 to 1 */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** @param {number} value at most 1e21 */
export const count = (value) => value.toLocaleString();

/** Rows as CSV, null as an empty cell. @param {unknown[][]} rows */
export const csv = (rows) =>
  rows
    .map((row) => row.map((cell) => (cell === null ? "" : `"${String(cell).replaceAll('"', '""')}"`)).join(","))
    .join("\n");
