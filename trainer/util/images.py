"""Network outputs to images, and many images to one sheet."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

PLANE = 64  # pixels a side of the drawing of a point
DOT = 0.06  # its radius, in the plane's units


def to_float(pixels: Tensor) -> Tensor:
    """[N, H, W, C] as a data set holds it, uint8, or float32 points as they are -> images [N, C, H, W] in [-1, 1]."""
    images = pixels.permute(0, 3, 1, 2).float()
    return images / 127.5 - 1 if pixels.dtype == torch.uint8 else images


def to_uint8(images: Tensor) -> np.ndarray:
    """Images [N, C, H, W] in [-1, 1] (clipped beyond) -> uint8 (N, H, W, C)."""
    return images.mul(127.5).add(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def to_pixels(images: Tensor) -> np.ndarray:
    """Images [N, C, H, W] -> uint8 (N, H, W, C); points [N, 2, 1, 1] -> float32 (N, 1, 1, 2), as they are."""
    return images.permute(0, 2, 3, 1).cpu().numpy() if images.shape[1] == 2 else to_uint8(images)


def shown(images: np.ndarray) -> np.ndarray:
    """Images that can be looked at: those that are given, and of points (N, 1, 1, 2) a drawing, uint8 (N, 64, 64, 1).

    The drawing spans -1 to 1 each way, the second coordinate upwards: a dot, and the axes.
    """
    if images.shape[-1] != 2:
        return images
    places = (np.arange(PLANE) + 0.5) / PLANE * 2 - 1
    x, y = images[:, 0, 0, :1, None], images[:, 0, 0, 1:, None]  # (N, 1, 1) each
    squared = (places[None, None] - x) ** 2 + (places[None, ::-1, None] - y) ** 2  # (N, PLANE, PLANE)
    paper = np.full((PLANE, PLANE), 250.0)
    paper[PLANE // 2], paper[:, PLANE // 2] = 225, 225
    dot = np.exp(-squared / (2 * DOT**2))
    drawn: np.ndarray = paper * (1 - dot) + 20 * dot
    return drawn.astype(np.uint8)[..., None]


def to_pil(image: np.ndarray) -> Image.Image:
    """uint8 (H, W, C) with 1 or 3 channels -> PIL image."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def sheet(images: np.ndarray, columns: int) -> Image.Image:
    """uint8 (N, H, W, C), or points (N, 1, 1, 2) -> one image, row by row; missing tiles are black."""
    images = shown(images)
    n, h, w, c = images.shape
    rows = -(-n // columns)
    tiles = np.zeros((rows * columns, h, w, c), np.uint8)
    tiles[:n] = images
    grid = tiles.reshape(rows, columns, h, w, c).swapaxes(1, 2)  # (rows, h, columns, w, c)
    return to_pil(grid.reshape(rows * h, columns * w, c))


def thumbnails(images: np.ndarray, side: int) -> np.ndarray:
    """uint8 (n, H, W, C) at `side` pixels a side, or as they are if they are smaller."""
    images = shown(images)
    if images.shape[1] <= side:
        return np.ascontiguousarray(images)
    parts = []
    for start in range(0, len(images), 128):
        batch = torch.from_numpy(np.ascontiguousarray(images[start : start + 128])).permute(0, 3, 1, 2).float()
        small = F.interpolate(batch, (side, side), mode="bilinear", antialias=True)
        parts.append(small.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy())
    return np.concatenate(parts)
