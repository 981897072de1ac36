// Draws pictures in the page, once it can: the server's vectors, our own synthesis. window.explorer.engine.
window.explorer.engine = (() => {
  const PATIENCE = 60000; // ms until a generator must have been loaded; a tenth of it until it must have drawn
  const KEPT = 300; // starting vectors that are remembered
  let worker = null;
  let state = "server"; // server, loading, page or failed
  let reason = "";
  let loaded = null; // {checkpoint, info}
  let wanted = ""; // checkpoint that is being loaded
  let answers = []; // promises of the worker's answers, in order
  const starts = new Map(); // what decides a start -> {ws, noise}
  const steps = new Map(); // checkpoint/direction -> what one unit adds

  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const tell = (next, why = "") => {
    [state, reason] = [next, why];
    document.dispatchEvent(new CustomEvent("explorer:engine", { detail: { state, reason } }));
  };

  function fail(error) {
    if (worker) worker.terminate();
    worker = loaded = null;
    for (const { no } of answers) no(error);
    answers = [];
    tell("failed", error.message || String(error));
  }

  /** Ask the worker one thing; its answers come in the order of the questions. */
  function work(question, patience, transfer = []) {
    return new Promise((yes, no) => {
      const late = setTimeout(() => fail(new Error("it takes too long here")), patience);
      answers.push({ yes: (answer) => (clearTimeout(late), yes(answer)), no: (error) => (clearTimeout(late), no(error)) });
      worker.postMessage(question, transfer);
    });
  }

  function begin(address) {
    worker = new Worker(new URL(address, document.baseURI), { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.failed) return fail(new Error(data.failed));
      answers.shift()?.yes(data);
    };
    worker.onerror = (event) => fail(new Error(event.message || "its script could not be loaded"));
  }

  /** Load a checkpoint's generator, quietly; nobody waits for it. */
  async function prepare(server, checkpoint) {
    if (state === "failed" || wanted === checkpoint) return;
    wanted = checkpoint;
    try {
      if (!window.WebAssembly || !window.DecompressionStream) throw new Error("this browser lacks WebAssembly or streams");
      tell("loading");
      const info = await window.explorer.ask(server.generator, { checkpoint });
      if (!worker) begin(info.worker);
      const noise = info.noise.map(([size, text]) => [size, floats(text)]);
      const address = (path) => new URL(path, document.baseURI).href;
      const load = { ...info, noise, runtime: address(info.runtime), model: address(info.model) };
      const { ms } = await work({ load }, PATIENCE);
      if (wanted !== checkpoint) return;
      loaded = { checkpoint, info, centre: floats(info.centre), ms };
      tell("page");
    } catch (error) {
      if (state !== "failed") fail(error);
    }
  }

  const ready = (checkpoint) => state === "page" && loaded && loaded.checkpoint === checkpoint;

  /** The vectors where a recipe starts, before truncation and edits: from memory, else from the server. */
  async function start(server, recipe) {
    const { psi, cutoff, edits, ...deciding } = recipe;
    const key = JSON.stringify(deciding);
    if (!starts.has(key)) {
      const answer = await window.explorer.ask(server.latents, { recipes: [deciding] });
      starts.set(key, { ws: floats(answer.ws[0]), noise: answer.noise[0] && answer.noise[0].map(floats) });
      if (starts.size > KEPT) starts.delete(starts.keys().next().value);
    }
    return starts.get(key);
  }

  async function stepsFor(server, checkpoint, edits) {
    const missing = [...new Set(edits.map(([direction]) => direction))].filter((name) => !steps.has(`${checkpoint}/${name}`));
    if (missing.length) {
      const answer = await window.explorer.ask(server.axes, { checkpoint, directions: missing });
      for (const [name, text] of Object.entries(answer.steps)) steps.set(`${checkpoint}/${name}`, floats(text));
    }
    return edits.map(([direction]) => steps.get(`${checkpoint}/${direction}`));
  }

  /** ws of a recipe, as the server's model makes them: truncated towards the centre, then edited. */
  function vectors(ws, recipe, added) {
    const { info, centre } = loaded;
    const [layers, width] = [info.numWs, info.wDim];
    const found = new Float32Array(ws);
    if (recipe.psi !== undefined && recipe.psi !== 1 && !recipe.w) {
      const last = recipe.cutoff ?? layers;
      for (let l = 0; l < Math.min(last, layers); l++) {
        for (let i = 0; i < width; i++) found[l * width + i] = centre[i] + recipe.psi * (ws[l * width + i] - centre[i]);
      }
    }
    (recipe.edits || []).forEach(([, strength, first, last], k) => {
      for (let l = first; l <= (last ?? layers - 1); l++) {
        for (let i = 0; i < width; i++) found[l * width + i] += strength * added[k][i];
      }
    });
    return found;
  }

  /** A recipe's picture as ImageData. Rejects where the server has to draw it. */
  async function draw(server, recipe) {
    const { info } = loaded;
    const { ws, noise } = await start(server, recipe);
    const added = await stepsFor(server, recipe.checkpoint, recipe.edits || []);
    const { rgba } = await work({ draw: { count: 1, ws: vectors(ws, recipe, added), noise } }, PATIENCE / 10);
    return new ImageData(rgba, info.resolution, info.resolution);
  }

  return { prepare, ready, draw, get state() { return state; }, get reason() { return reason; }, get ms() { return loaded?.ms; } };
})();
