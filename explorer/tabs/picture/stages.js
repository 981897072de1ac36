// What a search does at the moment, in words. Pure.

/**
 * @typedef {object} Stage
 * @property {string} words
 * @property {string} term the field's own, for the tooltip
 * @property {number} share of the whole search that is done, from 0 to 1
 */

/** @type {Record<string, {words: string, term: string, from: number, to: number}>} */
const STAGES = {
  encoder: {
    words: "closer guesses",
    term: "refinement: the encoder looks at its own guess again (ReStyle)",
    from: 0,
    to: 0.05,
  },
  w: { words: "searching w", term: "optimisation in w: one latent code for all layers", from: 0.05, to: 0.5 },
  "w+": { words: "layer by layer", term: "optimisation in w+: a latent code for each layer", from: 0.5, to: 0.95 },
  "comparing with held-out real images": {
    words: "comparing with real images",
    term: "the picture is tried by the quick way by which held-out real images were",
    from: 0.95,
    to: 1,
  },
  tuning: {
    words: "a private copy of the model",
    term: "pivotal tuning (PTI): the generator's weights are trained, w is held",
    from: 0,
    to: 1,
  },
};
const FIRST = { words: "first guess", term: "encoder: a network reads w from the picture" };

/** @param {string} stage @param {number} step @param {number} steps of this stage @returns {Stage} */
export function told(stage, step, steps) {
  const done = steps ? step / steps : 0;
  const known = STAGES[stage];
  if (!known) return { words: `${stage}, ${step} of ${steps}`, term: "", share: done }; // once for a checkpoint
  const { words, term, from, to } = known;
  const share = from + (to - from) * done;
  if (stage === "encoder" && step <= 1) return { ...FIRST, share };
  return { words: `${words}, step ${step} of ${steps}`, term, share };
}
