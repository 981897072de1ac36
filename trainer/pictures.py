"""Network outputs to pictures, and many pictures to one sheet."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor


def to_images(pictures: Tensor) -> Tensor:
    """Pictures [N, H, W, C] as a data set holds them, uint8, or float32 points as they are -> images [N, C, H, W]."""
    images = pictures.permute(0, 3, 1, 2).float()
    return images / 127.5 - 1 if pictures.dtype == torch.uint8 else images


def to_uint8(images: Tensor) -> np.ndarray:
    """Images [N, C, H, W] in [-1, 1] (clipped beyond) -> uint8 (N, H, W, C)."""
    return images.mul(127.5).add(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def to_pil(picture: np.ndarray) -> Image.Image:
    """uint8 (H, W, C) with 1 or 3 channels -> PIL image."""
    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)


def sheet(pictures: np.ndarray, columns: int) -> Image.Image:
    """uint8 (N, H, W, C) -> one image, row by row; missing tiles are black."""
    n, h, w, c = pictures.shape
    rows = -(-n // columns)
    tiles = np.zeros((rows * columns, h, w, c), np.uint8)
    tiles[:n] = pictures
    grid = tiles.reshape(rows, columns, h, w, c).swapaxes(1, 2)  # (rows, h, columns, w, c)
    return to_pil(grid.reshape(rows * h, columns * w, c))


def thumbnails(pictures: np.ndarray, side: int) -> np.ndarray:
    """uint8 (n, H, W, C) at `side` pixels a side, or as they are if they are smaller."""
    if pictures.shape[1] <= side:
        return np.ascontiguousarray(pictures)
    parts = []
    for start in range(0, len(pictures), 128):
        batch = torch.from_numpy(np.ascontiguousarray(pictures[start : start + 128])).permute(0, 3, 1, 2).float()
        small = F.interpolate(batch, (side, side), mode="bilinear", antialias=True)
        parts.append(small.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy())
    return np.concatenate(parts)
