"""The image of a training on points: D's decision as the background, real points, and generated ones over them."""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from trainer.networks import Discriminator, Generator

SIDE = 512  # pixels
CELLS = 64  # of the background, a side
SHOWN = 1000  # points of each kind
FOR_REAL, FOR_FAKE, MIDDLE = (190, 214, 232), (245, 211, 180), (244, 244, 244)  # what D takes a place for
REAL, FAKE = (90, 100, 110), (213, 94, 0)


@torch.inference_mode()
def portrait(g: Generator, real: np.ndarray, d: nn.Module | None = None) -> Image.Image:
    """A square from -1 to 1 each way, the second coordinate upwards.

    Args: real: float32 (N, 1, 1, 2); d: what decides the background, where it is a discriminator without classes.
    """
    image = Image.new("RGB", (SIDE, SIDE), MIDDLE)
    device = g.w_avg.device
    if isinstance(d, Discriminator) and d.embed is None:
        image = Image.fromarray(background(d, device)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    pen = ImageDraw.Draw(image)
    scatter(pen, real[:: max(1, len(real) // SHOWN)].reshape(-1, 2), REAL, 1)
    scatter(pen, generated(g, device), FAKE, 2)
    return image


def background(d: Discriminator, device: torch.device) -> np.ndarray:
    """Where D takes a point for real and where for generated, uint8 (CELLS, CELLS, 3); about its median logit."""
    places = torch.linspace(-1, 1, CELLS)
    grid = torch.stack(torch.meshgrid(places.flip(0), places, indexing="ij")[::-1], -1).reshape(-1, 2, 1, 1)
    d.eval()
    logits = d(grid.to(device).repeat_interleave(d.pac_size, 0)).cpu()  # a pack holds one point several times
    d.train()
    spread = (logits - logits.median()).abs().quantile(0.9).clamp(min=1e-6)
    tilt = ((logits - logits.median()) / spread).clamp(-1, 1).reshape(CELLS, CELLS, 1).numpy()  # 1: real
    ends = np.where(tilt > 0, FOR_REAL, FOR_FAKE)
    result: np.ndarray = (np.array(MIDDLE) + np.abs(tilt) * (ends - np.array(MIDDLE))).astype(np.uint8)
    return result


def generated(g: Generator, device: torch.device) -> np.ndarray:
    """Points of fixed latents, (SHOWN, 2)."""
    z = torch.randn(SHOWN, g.z_dim, generator=torch.Generator().manual_seed(0)).to(device)
    label: Tensor = torch.arange(SHOWN, device=device) % max(g.num_classes, 1)
    result: np.ndarray = g(z, label).flatten(1).cpu().numpy()
    return result


def scatter(pen: ImageDraw.ImageDraw, points: np.ndarray, colour: tuple[int, int, int], size: int) -> None:
    """Draw points (N, 2) as discs of radius `size` pixels; coordinates are clipped to [-1.5, 1.5]."""
    for x, y in (np.clip(points, -1.5, 1.5) * (1, -1) + 1) * SIDE / 2:
        pen.ellipse((x - size, y - size, x + size, y + size), fill=colour)
