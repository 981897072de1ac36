// Which charts there are.

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {Record<string, string>} series metric -> what it is called in the legend
 * @property {boolean} [log] whether a logarithmic axis makes sense
 * @property {[number, number]} [range] of the vertical axis
 * @property {boolean} [zero] whether the axis begins at zero
 * @property {boolean} [half] whether there is a line at one half
 * @property {string} [band] the measure whose healthy band is shaded
 */

/** @type {Chart[]} */
export const CHARTS = [
  { title: "Losses", series: { loss_d: "D", loss_g: "G" }, log: true },
  {
    title: "D's accuracy",
    series: { d_accuracy_real: "on real", d_accuracy_fake: "on generated" },
    range: [0, 1],
    half: true,
  },
  { title: "Coverage", series: { pixel_coverage: "generated" }, range: [0, 1], band: "pixel_coverage" },
  { title: "Fréchet distance, lower is better", series: { fid: "to real data" }, log: true, band: "fid" },
  {
    title: "Precision, recall",
    series: { precision: "precision", recall: "recall" },
    range: [0, 1],
    band: "precision",
  },
  { title: "Modes made", series: { modes: "of the first attribute" }, zero: true },
  { title: "Diversity (Vendi score)", series: { vendi: "effective number of pictures" }, zero: true, band: "vendi" },
  { title: "Gradient norms", series: { grad_d: "D", grad_g: "G" }, log: true },
  {
    title: "Jensen-Shannon divergence, lower bound on D's batches",
    series: { jsd: "nats, at most 0.69" },
    range: [-0.1, 0.7],
  },
  { title: "Critic's estimate of the distance", series: { distance: "real minus generated" } },
  { title: "VAE: squared error", series: { reconstruction: "of pixels in -1 to 1" }, log: true },
  { title: "VAE: divergence from the prior", series: { divergence: "nats a picture" }, zero: true },
  { title: "InfoGAN's codes, misread", series: { code_loss: "nats, lower is better" }, zero: true },
  { title: "Share of pictures augmented (ADA)", series: { augmented: "adapts" }, range: [0, 1] },
  { title: "Pictures a second", series: { images_per_s: "while training" }, zero: true },
];
