// Runs a generator beside the page: a module worker around onnxruntime-web. One model at a time.
//
//   {load: {runtime, model, noise: [[size, base64 or null], ...], numWs, wDim, channels, resolution}} -> {loaded, ms}
//   {draw: {id, count, ws: Float32Array [count, numWs, wDim], noise: [Float32Array, ...] or null}}   -> {drawn, rgba}
//   {failed: sentence} for either, and for a runtime that does not start.
import * as ort from "./ort.mjs";

let session = null;
let model = null;
let fixed = []; // the noise inputs that all pictures share, repeated as often as the largest batch so far needs

async function bytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} gave ${answer.status}`);
  return answer;
}

async function unpacked(url) {
  const { body } = await bytes(url);
  return new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function load(wanted) {
  const since = performance.now();
  if (!ort.env.wasm.wasmBinary) {
    ort.env.wasm.numThreads = 1; // more need headers that a Space does not send, and gained nothing
    ort.env.wasm.wasmBinary = await unpacked(wanted.runtime);
  }
  const file = await (await bytes(wanted.model)).arrayBuffer();
  if (session) await session.release();
  session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  model = wanted;
  fixed = [];
  await draw({ count: 1, ws: new Float32Array(model.numWs * model.wDim), noise: null }); // the first run allocates
  return { loaded: model.model, ms: performance.now() - since };
}

/** Noise inputs for `count` pictures: those given, one set after another, else the model's own for each. */
function noiseFor(count, given) {
  return model.noise.map(([size, shared], i) => {
    const length = size * size;
    if (given) return new ort.Tensor("float32", given[i], [count, 1, size, size]);
    if (!fixed[i] || fixed[i].length < count * length) {
      fixed[i] = new Float32Array(count * length);
      for (let k = 0; k < count; k++) fixed[i].set(shared, k * length);
    }
    return new ort.Tensor("float32", fixed[i].subarray(0, count * length), [count, 1, size, size]);
  });
}

async function draw({ count, ws, noise }) {
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
      for (let c = 0; c < 3; c++) rgba[at + c] = data[start + (model.channels === 3 ? c : 0) * plane + i] * 127.5 + 127.5;
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
      const rgba = await draw(data.draw);
      postMessage({ drawn: data.draw.id, count: data.draw.count, rgba }, [rgba.buffer]);
    } catch (error) {
      postMessage({ failed: String(error && error.message ? error.message : error) });
    }
  });
};
