// Runs a generator beside the page: a module worker around onnxruntime-web, on WebGPU where the browser has it, else in
// WebAssembly. One model at a time.
//
//   {load: {model, noise: [[size, base64 or null], ...], numWs, wDim, channels, resolution, batch, gpu}}
//       -> {loaded, by, ms}; batch: images that the network draws at once, 0 for any number
//   {draw: {id, count, ws: Float32Array [count, numWs, wDim], noise: null or [image's or null, ...]}} -> {drawn, rgba}
//   {open: {name, model, gpu}} -> {opened, by}: a network of any kind, beside others, under a name of one's own
//   {run: {name, feeds: {input: [Float32Array, dims]}}} -> {outputs: {output: [Float32Array, dims]}}
//   {failed: sentence, by} for each, and for a runtime that does not start.
//
// gpu: "no", "yes", or "any" for one that is emulated by the processor, too.
let ort = null;
let by = "WebAssembly";
let session = null;
const others = {}; // sessions of networks that were opened, by name
let model = null;
let fixed = []; // the noise inputs that all images share, repeated as often as the largest batch so far needs

/** Whether the browser has a graphics processor for us, and can suspend WebAssembly while that works. */
async function hasGpu(wanted) {
  if (wanted === "no" || !navigator.gpu || !("Suspending" in WebAssembly)) return false;
  const adapter = await navigator.gpu.requestAdapter();
  return Boolean(adapter && (wanted === "any" || !adapter.info?.isFallbackAdapter));
}

async function bytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} gave ${answer.status}`);
  return answer;
}

async function unpacked(url) {
  const { body } = await bytes(url);
  return new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Start the runtime. Its WebAssembly comes gzipped, and is unpacked here. */
async function loadRuntime(gpu) {
  if (await hasGpu(gpu)) by = "WebGPU";
  const name = by === "WebGPU" ? "gpu" : "ort";
  ort = await import(`./${name}.mjs`);
  ort.env.wasm.numThreads = 1; // more need headers that a Space does not send, and gained nothing
  ort.env.wasm.wasmBinary = await unpacked(new URL(`${name}.wasm.gz`, import.meta.url));
}

async function sessionOf(url) {
  const file = await (await bytes(url)).arrayBuffer();
  return ort.InferenceSession.create(file, {
    executionProviders: [by === "WebGPU" ? "webgpu" : "wasm"],
    graphOptimizationLevel: "all",
  });
}

/** A network beside the generator; one of the same name is given up. */
async function open({ name, model: url, gpu }) {
  if (!ort) await loadRuntime(gpu);
  const made = await sessionOf(url);
  if (others[name]) await others[name].release();
  others[name] = made;
  return { opened: name, by };
}

async function run({ name, feeds }) {
  const inputs = {};
  for (const [input, [data, dims]] of Object.entries(feeds)) inputs[input] = new ort.Tensor("float32", data, dims);
  const found = await others[name].run(inputs);
  const outputs = {};
  for (const [output, tensor] of Object.entries(found)) {
    outputs[output] = [tensor.data.slice(), tensor.dims];
    tensor.dispose();
  }
  return { outputs };
}

async function load(wanted) {
  const since = performance.now();
  if (!ort) await loadRuntime(wanted.gpu);
  const made = await sessionOf(wanted.model);
  if (session) await session.release();
  session = made;
  model = wanted;
  fixed = [];
  await draw({ count: 1, ws: new Float32Array(model.numWs * model.wDim), noise: null }); // the first run allocates
  return { loaded: model.model, by, ms: performance.now() - since };
}

/** Noise inputs for `count` images: each image's own, or the model's where it has none. */
function noiseFor(count, own) {
  return model.noise.map(([size, shared], layer) => {
    const length = size * size;
    let data = fixed[layer];
    if (own) {
      data = new Float32Array(count * length);
      own.forEach((layers, k) => data.set(layers ? layers[layer] : shared, k * length));
    } else if (!data || data.length < count * length) {
      data = fixed[layer] = new Float32Array(count * length);
      for (let k = 0; k < count; k++) data.set(shared, k * length);
    }
    return new ort.Tensor("float32", data.subarray(0, count * length), [count, 1, size, size]);
  });
}

/** As many images as are asked for, in whole batches where the network takes only so many at once. */
async function draw({ count, ws, noise }) {
  const { batch, resolution } = model;
  if (!batch || batch === count) return drawn({ count, ws, noise });
  const [width, length] = [model.numWs * model.wDim, 4 * resolution ** 2];
  const rgba = new Uint8ClampedArray(count * length);
  for (let start = 0; start < count; start += batch) {
    const filled = new Float32Array(batch * width);
    filled.set(ws.subarray(start * width, (start + batch) * width));
    const part = await drawn({ count: batch, ws: filled, noise: null }); // such networks have no noise inputs
    rgba.set(part.subarray(0, (count - start) * length), start * length);
  }
  return rgba;
}

async function drawn({ count, ws, noise }) {
  const inputs = { ws: new ort.Tensor("float32", ws, [count, model.numWs, model.wDim]) };
  noiseFor(count, noise).forEach((tensor, i) => (inputs[`noise${i}`] = tensor));
  const { images } = await session.run(inputs);
  const { data } = images;
  const plane = model.resolution ** 2;
  const rgba = new Uint8ClampedArray(count * plane * 4); // rounds to even as PyTorch does, and clamps
  for (let n = 0; n < count; n++) {
    const start = n * model.channels * plane;
    for (let i = 0; i < plane; i++) {
      const at = 4 * (n * plane + i);
      for (let c = 0; c < 3; c++)
        rgba[at + c] = data[start + (model.channels === 3 ? c : 0) * plane + i] * 127.5 + 127.5;
      rgba[at + 3] = 255;
    }
  }
  images.dispose();
  return rgba;
}

let chain = Promise.resolve(); // one job after another: loading may not overtake drawing

onmessage = ({ data }) => {
  chain = chain.then(async () => {
    try {
      if (data.load) return postMessage(await load(data.load));
      if (data.open) return postMessage(await open(data.open));
      if (data.run) return postMessage(await run(data.run));
      const rgba = await draw(data.draw);
      postMessage({ drawn: data.draw.id, count: data.draw.count, rgba }, [rgba.buffer]);
    } catch (error) {
      postMessage({ failed: String(error && error.message ? error.message : error), by });
    }
  });
};
