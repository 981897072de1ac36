"""How fast does the page draw images of 32 to 256 pixels, and how near is that to what the processor can do there?

Generators with random weights, dragged in a real Chromium as in `slide`. The limit is the rate of one large convolution
(128 to 128 channels, 3 x 3, 64 x 64 pixels) in the same runtime in the same page: nothing else, and well filled.
"""

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.browser import chromium, page_in, served_app
from benchmarks.common import Record, circumstances, main, markdown, median
from benchmarks.people import DRAG, READY
from explorer.rendering.client import version
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.networks import ARCHITECTURES, Generator

SIZES = {"dcgan": (32, 64, 128), "stylegan-lite": (32, 64, 128, 256)}
OPTIONS: dict[str, dict[str, Any]] = {"dcgan": {"z_dim": 100, "width": 32}, "stylegan-lite": {}}
LIMIT = """async ([runtime, model, times]) => {
  const ort = await import(`${runtime}ort.mjs`);
  const packed = await fetch(`${runtime}ort.wasm.gz`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = await new Response(packed.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const session = await ort.InferenceSession.create(Uint8Array.from(atob(model), (c) => c.charCodeAt(0)));
  const x = new ort.Tensor("float32", new Float32Array(128 * 64 * 64).fill(0.5), [1, 128, 64, 64]);
  const found = [];
  for (let i = 0; i < times; i++) {
    const since = performance.now();
    await session.run({ x });
    found.push(performance.now() - since);
  }
  return found;
}"""


def measure(*, seconds: float = 5.0, rounds: int = 3) -> Record:
    found: Record = {"generators": {}}
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        names = {}
        for arch, sides in SIZES.items():
            for side in sides:
                generator = ARCHITECTURES[arch].generator(resolution=side, channels=3, **OPTIONS[arch])
                options = {"resolution": side, "channels": 3, **OPTIONS[arch]}
                info = CheckpointInfo(arch, options, 0, "random weights", {})
                save_checkpoint(Path(folder) / f"{arch}-{side}", generator.eval(), info, "random weights\n")
                names[f"{arch}-{side}"] = generator
        with served_app(Path(folder)) as server:
            limits = []
            for _ in range(rounds):
                limits.append(limit(browser, server.address))
                for name, generator in names.items():
                    fps, ms = dragged(browser, server.address, name, seconds)
                    row = found["generators"].setdefault(name, {"mflop": mflop(generator), "fps": [], "ms": []})
                    row["fps"].append(fps)
                    row["ms"].append(ms)
                    print(name, row, flush=True)
    return found | {"limit_gflops": [round(rate, 2) for rate in limits]}


def dragged(browser: Any, address: str, name: str, seconds: float) -> tuple[float, float]:
    """(frames a second of a drag, milliseconds of one synthesis alone)."""
    with page_in(browser) as page:
        page.goto(f"{address}/?checkpoint={name}&seed=3")
        page.wait_for_function(READY)
        page.evaluate(DRAG, 1)
        fps, _ = page.evaluate(DRAG, seconds)
        alone = page.evaluate(
            """async () => {
              const { engine } = await explorer.module("web/render/engine.js");
              const points = [{ ws: new Float32Array(engine.width), noise: null }];
              const found = [];
              for (let i = 0; i < 20; i++) {
                const since = performance.now();
                await engine.synthesize(points);
                found.push(performance.now() - since);
              }
              return found;
            }"""
        )
        return round(fps, 1), round(median(alone), 1)


def limit(browser: Any, address: str) -> float:
    """GFLOP a second of the large convolution in the page."""
    conv = nn.Conv2d(128, 128, 3, padding=1)
    x = torch.zeros(1, 128, 64, 64)
    buffer = io.BytesIO()
    torch.onnx.export(conv, (x,), buffer, input_names=["x"], dynamo=False)  # type: ignore[arg-type]
    with page_in(browser) as page:
        page.goto(address)
        runtime = f"{address}/explorer/runtime/{version()}/"
        times = page.evaluate(LIMIT, [runtime, base64.b64encode(buffer.getvalue()).decode(), 12])
    return 2 * 128 * 128 * 9 * 64 * 64 / 1e6 / median(times[2:])


def mflop(generator: Generator) -> float:
    """Million floating point operations of one image, a multiplication and an addition counted as two."""
    generator.requires_grad_(False)
    with FlopCounterMode(display=False) as counter:
        ws = torch.zeros(1, generator.num_ws, generator.w_dim)
        generator.synthesize(ws, generator.draw_noise(1, torch.Generator()) or None)
    return round(counter.get_total_flops() / 1e6, 1)


def table(record: Record) -> str:
    peak = median(record["results"]["limit_gflops"])
    rows = []
    for name, row in record["results"]["generators"].items():
        ms = median(row["ms"])
        share = row["mflop"] / ms / peak
        rows.append(
            [name, row["mflop"], f"{median(row['fps']):.0f}", f"{ms:.1f}", f"{row['mflop'] / ms:.1f}", f"{share:.2f}"]
        )
    head = ["random weights", "MFLOP an image", "drag, frames/s", "one image, ms", "GFLOP/s", "of the limit"]
    s = record["settings"]
    return (
        f"{markdown(head, rows)}\n\nMedians of {s['rounds']} rounds of {s['seconds']:g} s, WebAssembly, one thread. "
        f"The limit, a large convolution alone in the same runtime: {peak:.1f} GFLOP/s. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
