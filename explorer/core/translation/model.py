"""A loaded translator: recipes in, images out. Beside `explorer.core.model`, the only place that touches a network."""

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from explorer.core.picture import data_of, decoded, fitted
from explorer.core.recipe import Recipe, unpack
from explorer.core.translation.given import given_images
from explorer.core.translation.raster import Raster, in_channels
from explorer.core.translation.recipe import TranslationRecipe
from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.examples import Examples, read_examples
from trainer.checkpoints.patch_critic import load_patch_critic
from trainer.checkpoints.sampling import seed_z
from trainer.checkpoints.translating import network_input, one_pass
from trainer.networks.translator import PatchCritic
from trainer.util.errors import UserError
from trainer.util.images import to_float, to_pil

Draw = Callable[[Recipe], np.ndarray]
"""Draws an image of another checkpoint, uint8 (H, W, C)."""
MAX_ENLARGED = 32  # times that a picture's side may be smaller than what is given, before nothing of it is left


class Ground(NamedTuple):
    """What is drawn on: image uint8 (side, side, 3), mask uint8 (side, side, 1) where the network reads one."""

    image: np.ndarray
    mask: np.ndarray | None


class Translation:
    """A translator with its name and capabilities. Thread-safe: one rendering at a time.

    Attributes:
        name, folder, info: the checkpoint's.
        translator: the network.
        given: what the images that it is given are like.
    """

    def __init__(self, folder: Path, name: str | None = None):
        """Raises UserError for a folder that is no sound checkpoint of a translator."""
        self.folder, self.name = folder, name or folder.name
        self.info = read_info(folder)
        self.translator = load_translator(folder, self.info)
        self.given = given_images(self.info.data.get("given"))
        self.lock = threading.Lock()

    @cached_property
    def examples(self) -> Examples | None:
        """The pairs that it carries. Raises UserError for a file that does not fit."""
        return read_examples(self.folder, self.translator)

    @cached_property
    def critic(self) -> PatchCritic | None:
        """Who says of each patch whether it looks real; None where none is kept, or it cannot be used."""
        try:
            return load_patch_critic(self.folder, self.info)
        except UserError:  # the translator works without it
            return None

    def side(self, back: bool) -> int:
        """Pixels a side of what is given."""
        return self.translator.resolution if back else self.translator.given_resolution

    def check(self, recipe: TranslationRecipe) -> None:
        """Raise UserError for a recipe that does not fit."""
        if recipe.back and not self.translator.two_way:
            raise UserError(f"{self.name} translates one way only. Leave back out.")
        if not self.translator.z_dim and (recipe.seed is not None or recipe.z):
            raise UserError(f"{self.name} reads no style: it makes one image of an input. Leave seed and z out.")
        count = 0 if self.examples is None else len(self.examples.given)
        if recipe.example is not None and recipe.example >= count:
            known = f"it has 0 to {count - 1}" if count else "it carries none"
            raise UserError(f"{self.name} has no example {recipe.example}: {known}.")

    def z(self, recipe: TranslationRecipe) -> np.ndarray | None:
        """float32 (z_dim,): the recipe's own style code, or the seed's; None for the mean style."""
        if recipe.z:
            z = unpack(recipe.z, "z")
            if z.size != self.translator.z_dim:
                raise UserError(f"The recipe's z has {z.size} numbers; {self.name} needs {self.translator.z_dim}.")
            return z.copy()
        return None if recipe.seed is None else seed_z(recipe.seed, self.translator.z_dim)

    def ground(self, recipe: TranslationRecipe, draw: Draw) -> Ground:
        """What a recipe draws on. Raises UserError for what cannot be had."""
        self.check(recipe)
        side, mask = self.side(recipe.back), None
        if recipe.example is not None and self.examples is not None:
            image = self.examples.given[recipe.example]
            if recipe.back:
                truth = self.truth(recipe.example)
                image = self.images(image[None])[0] if truth is None else truth
            elif self.translator.masked:
                image, mask = image[..., :-1], image[..., -1:]
            image = in_channels(image, 3)
        elif recipe.sample is not None:
            image = self.fitted(to_pil(draw(recipe.sample)).convert("RGB"), recipe.back)
        elif recipe.image:
            image = self.fitted(decoded(data_of(recipe.image, "picture")), recipe.back)
        else:
            image = np.full((side, side, 3), self.paper(recipe), np.uint8)
        if self.translator.masked and mask is None:
            mask = np.zeros((side, side, 1), np.uint8)
        return Ground(image, mask)

    def belongs(self, recipe: TranslationRecipe, draw: Draw) -> np.ndarray | None:
        """What should come of what a recipe draws on, uint8 (H, H, C); None where nobody knows.

        Of an example its truth; of a network that enlarges, the larger picture that its input was made of.
        """
        if recipe.back:
            return None
        if recipe.example is not None:
            return self.truth(recipe.example)
        if self.translator.scale > 1 and recipe.sample is not None:
            large = self.fitted(to_pil(draw(recipe.sample)).convert("RGB"), back=True)
            return in_channels(large, self.translator.channels)
        return self.picture(recipe.image) if self.translator.scale > 1 and recipe.image else None

    def picture(self, data: str) -> np.ndarray:
        """A file in base64 as one of its own images, uint8 (H, H, C). Raises UserError for what is no picture."""
        return in_channels(self.fitted(decoded(data_of(data, "picture")), back=True), self.translator.channels)

    def truth(self, example: int) -> np.ndarray | None:
        """What belongs to an example, uint8 (H, H, C); None where nobody knows it."""
        pairs = self.examples
        return None if pairs is None or pairs.truth is None else pairs.truth[example]

    def paper(self, recipe: TranslationRecipe) -> tuple[int, int, int]:
        """The colour of the empty paper, RGB."""
        red, green, blue = bytes.fromhex(recipe.paper[1:]) if recipe.paper else self.given.paper
        return red, green, blue

    def fitted(self, image: Image.Image, back: bool = False) -> np.ndarray:
        """RGB -> uint8 (side, side, 3) as it can be given: the square in its middle; in a map, the nearest colours."""
        side = self.side(back)
        if min(image.size) * MAX_ENLARGED < side:
            raise UserError(
                f"The picture has {image.width} x {image.height} pixels, far too few for {side} x {side}. "
                "Choose a larger one."
            )
        pixels = fitted(image, side, 3)
        return self.flattened(pixels) if self.given.flat and not back else pixels

    def flattened(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (..., 3) in the nearest colours of the palette."""
        palette = np.array(list(self.given.palette.values()), np.uint8)
        apart = ((pixels[..., None, :].astype(np.int32) - palette) ** 2).sum(-1)
        nearest: np.ndarray = palette[apart.argmin(-1)]
        return nearest

    def read(self, recipe: TranslationRecipe, draw: Draw) -> np.ndarray:
        """What the network reads of a recipe, uint8 (side, side, inputs).

        Raises UserError for a drawing of nothing, and for an empty mask or one over everything.
        """
        net, ground = self.translator, self.ground(recipe, draw)
        raster = Raster(ground.image, self.paper(recipe), ground.mask).draw(recipe.drawn)
        image = raster.image(self.given.flat and not recipe.back)
        is_bare = recipe.example is None and recipe.sample is None and not recipe.image
        if is_bare and (image == image[0, 0]).all():
            raise UserError("Nothing is drawn yet. Draw something, or begin with an example.")
        if recipe.back:
            return in_channels(image, net.channels)
        given = in_channels(image, net.given_channels)
        if ground.mask is None:
            return given
        marked = raster.marked()
        if not marked.any():
            raise UserError("The mask is empty. Brush over what is to be filled in.")
        if marked.all():
            raise UserError("The mask covers everything. Leave a part of the picture to go by.")
        return np.concatenate([given, marked], -1)

    def image(self, recipe: TranslationRecipe, draw: Draw) -> np.ndarray:
        """What a recipe makes, uint8 (H, H, C), or the other way (h, h, c)."""
        z = self.z(recipe)
        made = self.images(self.read(recipe, draw)[None], None if z is None else z[None], recipe.back)
        result: np.ndarray = made[0]
        return result

    @torch.inference_mode()
    def images(self, given: np.ndarray, z: np.ndarray | None = None, back: bool = False) -> np.ndarray:
        """What the network makes of what it reads, uint8 (N, side, side, inputs) -> uint8 (N, H, H, C).

        Each is the same whatever else is made with it. z: style codes float32 (N, z_dim), None for the mean style.
        Raises UserError for images with NaN.
        """
        net, size = self.translator, self.translator.pass_size
        rows = torch.from_numpy(np.ascontiguousarray(given))
        inputs = to_float(rows) if back else network_input(net, rows)
        codes = None if z is None or not net.z_dim else torch.from_numpy(z)
        parts = []
        with self.lock:
            for start in range(0, len(inputs), size):
                style = None if codes is None else codes[start : start + size]
                parts.append(one_pass(net, inputs[start : start + size], style, size, back=back))
        return np.concatenate(parts)

    @torch.inference_mode()
    def patches(self, image: np.ndarray, given: np.ndarray) -> np.ndarray:
        """What the critic says of each patch of an image, uint8 (H, H, C), made of what the network read.

        Returns: logits float32 (p, p), higher for what looks real. Raises UserError without a critic.
        """
        critic = self.critic
        if critic is None:
            raise UserError(f"{self.name} has no critic. Publish its run with --critic.")
        shown = to_float(torch.tensor(image[None]))
        seen = network_input(self.translator, torch.tensor(given[None]))
        with self.lock:
            logits: np.ndarray = critic(shown, seen if critic.given_channels else None)[0, 0].numpy()
        return logits

    @torch.inference_mode()
    def style_of(self, image: np.ndarray) -> np.ndarray:
        """The style in which an image is drawn, uint8 (H, H, C) -> float32 (z_dim,). UserError where none is read."""
        if not self.translator.encodes:
            raise UserError(f"{self.name} reads no style off a picture.")
        with self.lock:
            z: np.ndarray = self.translator.style_of(to_float(torch.from_numpy(image[None].copy())))[0].numpy()
        return z
