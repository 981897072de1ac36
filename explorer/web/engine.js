// Draws pictures in the page, once it can: the server's vectors, our own synthesis. window.explorer.engine.
window.explorer.engine = (() => {
  const PATIENCE = 60000; // ms until a generator must have been loaded; a tenth of it until it must have drawn
  const KEPT = 300; // starting vectors that are remembered
  let worker = null;
  let state = "server"; // server, loading, page or failed
  let reason = "";
  let backend = ""; // what runs the network in the page
  let loaded = null; // {checkpoint, info, centre, ms}
  let gpu = "yes"; // whether a graphics processor may be used: see worker.js
  let wanted = ""; // checkpoint that is being loaded
  let answers = []; // promises of the worker's answers, in order
  const starts = new Map(); // what decides a start -> {ws, noise}
  const steps = new Map(); // checkpoint/direction -> what one unit adds

  const floats = (text) => new Float32Array(window.explorer.unpacked(text).buffer);
  const WHO = {
    server: "drawn by the server",
    loading: "drawn by the server, the page is getting ready …",
    page: "drawn in the page",
    failed: "drawn by the server",
  };

  /** Note the state, and show it wherever a tab says who draws. */
  function tell(next, why = "") {
    if (next === "failed" && state !== next) window.explorer.toast(`The page cannot draw by itself (${why}). The server does.`);
    [state, reason] = [next, why];
    for (const note of document.querySelectorAll(".engine")) {
      note.textContent = WHO[state];
      note.title = [reason, state === "page" && backend].filter(Boolean).join(" ");
      note.dataset.state = state;
    }
  }

  /** Give up what runs now: WebGPU for WebAssembly, that for the server. */
  function fail(error, by = backend) {
    if (worker) worker.terminate();
    const hope = gpu !== "no" && by !== "WebAssembly";
    worker = loaded = null;
    wanted = backend = "";
    for (const { no } of answers) no(error);
    answers = [];
    if (hope) gpu = "no";
    tell(hope ? "server" : "failed", error.message || String(error));
  }

  /** Ask the worker one thing; its answers come in the order of the questions. */
  function work(question, patience, transfer = []) {
    return new Promise((yes, no) => {
      const late = setTimeout(() => fail(new Error("it takes too long here")), patience);
      answers.push({ yes: (answer) => (clearTimeout(late), yes(answer)), no: (error) => (clearTimeout(late), no(error)) });
      worker.postMessage(question, transfer);
    });
  }

  function begin(place) {
    worker = new Worker(window.explorer.address(place), { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.failed) return fail(new Error(data.failed), data.by);
      answers.shift()?.yes(data);
    };
    worker.onerror = (event) => fail(new Error(event.message || "its script could not be loaded"));
  }

  /** Load a checkpoint's generator, quietly; nobody waits for it. */
  async function prepare(server, checkpoint) {
    if (state === "failed" || wanted === checkpoint) return tell(state, reason);
    wanted = checkpoint;
    try {
      if (!window.WebAssembly || !window.DecompressionStream) throw new Error("this browser lacks WebAssembly or streams");
      tell("loading");
      const info = await window.explorer.ask(server.generator, { checkpoint });
      if (info.not_here) return tell("server", info.not_here);
      if (!worker) begin(`${info.runtime}worker.js`);
      const noise = info.noise.map(([size, text]) => [size, floats(text)]);
      const load = { ...info, noise, gpu, model: window.explorer.address(info.model) };
      const { ms, by } = await work({ load }, PATIENCE);
      if (wanted !== checkpoint) return;
      backend = by;
      loaded = { checkpoint, info, centre: floats(info.centre), ms };
      if (by === "WebGPU") await compare(server, checkpoint);
      tell("page");
    } catch (error) {
      if (wanted === checkpoint) fail(error);
      if (!wanted && state === "server") await prepare(server, checkpoint); // without the graphics processor
    }
  }

  /** Graphics drivers differ: what one draws is looked at once, beside the server's picture. Throws if it is another. */
  async function compare(server, checkpoint) {
    const recipe = { checkpoint };
    const [[here], { pixels, channels }] = await Promise.all([draw(server, [recipe]), window.explorer.ask(server.render, { recipe })]);
    const there = window.explorer.unpacked(pixels);
    const count = there.length / channels;
    let apart = 0;
    for (let i = 0; i < count; i++) apart += Math.abs(here.data[4 * i] - there[channels * i]) / count;
    if (!(apart < 1)) throw new Error("its graphics processor draws another picture");
  }

  const ready = (checkpoint) => state === "page" && loaded && loaded.checkpoint === checkpoint;

  const keyOf = (start) => JSON.stringify(start);

  /** What decides where a recipe starts, and where each seed that is mixed into it does. */
  function startsOf({ psi, cutoff, edits, mix = [], ...own }) {
    const { checkpoint, label } = own;
    return [own, ...mix.map(([seed]) => (label === undefined ? { checkpoint, seed } : { checkpoint, seed, label }))];
  }

  /** Fetch the vectors where recipes start, before mixing, truncation and edits, unless they are in memory. */
  async function fetchStarts(server, recipes) {
    const missing = new Map();
    for (const start of recipes.flatMap(startsOf)) if (!starts.has(keyOf(start))) missing.set(keyOf(start), start);
    if (!missing.size) return;
    const answer = await window.explorer.ask(server.latents, { recipes: [...missing.values()] });
    [...missing.keys()].forEach((key, i) => {
      starts.set(key, { ws: floats(answer.ws[i]), noise: answer.noise[i] && answer.noise[i].map(floats) });
    });
    while (starts.size > KEPT) starts.delete(starts.keys().next().value);
  }

  /** Fetch what one unit of each direction adds, unless it is in memory. */
  async function fetchSteps(server, recipes) {
    const { checkpoint } = recipes[0];
    const named = new Set(recipes.flatMap(({ edits = [] }) => edits.map(([direction]) => direction)));
    const directions = [...named].filter((name) => !steps.has(`${checkpoint}/${name}`));
    if (!directions.length) return;
    const answer = await window.explorer.ask(server.axes, { checkpoint, directions });
    for (const [name, text] of Object.entries(answer.steps)) steps.set(`${checkpoint}/${name}`, floats(text));
  }

  /** ws of a recipe, as the server's model makes them: mixed, truncated towards the centre, then edited. */
  function vectors(recipe) {
    const { info, centre } = loaded;
    const [layers, width] = [info.numWs, info.wDim];
    const [own, ...others] = startsOf(recipe).map((start) => starts.get(keyOf(start)));
    const found = new Float32Array(own.ws);
    if (!recipe.w) {
      others.forEach(({ ws }, k) => {
        const [, first, last] = recipe.mix[k];
        const [from, to] = [first * width, ((last ?? layers - 1) + 1) * width];
        found.set(ws.subarray(from, to), from);
      });
      if (recipe.psi !== undefined && recipe.psi !== 1) {
        const last = Math.min(recipe.cutoff ?? layers, layers) * width;
        for (let i = 0; i < last; i++) found[i] = centre[i % width] + recipe.psi * (found[i] - centre[i % width]);
      }
    }
    for (const [direction, strength, first, last] of recipe.edits || []) {
      const step = steps.get(`${recipe.checkpoint}/${direction}`);
      for (let l = first; l <= (last ?? layers - 1); l++) {
        for (let i = 0; i < width; i++) found[l * width + i] += strength * step[i];
      }
    }
    return { ws: found, noise: own.noise };
  }

  /** Pictures of [{ws, noise}], noise null for the model's own, as ImageData. */
  async function synthesize(points) {
    const { info } = loaded;
    const size = info.numWs * info.wDim;
    const ws = new Float32Array(points.length * size);
    points.forEach((point, i) => ws.set(point.ws, i * size));
    const noise = points.some((point) => point.noise) ? points.map((point) => point.noise) : null;
    const { rgba } = await work({ draw: { count: points.length, ws, noise } }, PATIENCE / 10);
    const bytes = 4 * info.resolution ** 2;
    return points.map((_, i) => new ImageData(rgba.subarray(i * bytes, (i + 1) * bytes), info.resolution, info.resolution));
  }

  /** Pictures of recipes of one checkpoint, as ImageData. Rejects where the server has to draw them. */
  async function draw(server, recipes) {
    await Promise.all([fetchStarts(server, recipes), fetchSteps(server, recipes)]);
    return synthesize(recipes.map(vectors));
  }

  return { prepare, ready, allow: (which) => (gpu = which), get backend() { return backend; }, draw, synthesize, floats, get state() { return state; }, get reason() { return reason; }, get ms() { return loaded?.ms; }, get width() { return loaded.info.numWs * loaded.info.wDim; } };
})();
