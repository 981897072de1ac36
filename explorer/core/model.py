"""A loaded checkpoint: recipes in, images out. The only place where the explorer touches a network."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from explorer.core import branches
from explorer.core.directions import Directions, Subject, explicit, fitted
from explorer.core.directions.attributes import AttributeReader, reader_of
from explorer.core.place import Place
from explorer.core.recipe import Recipe, unpack
from explorer.core.references import reference_of
from explorer.core.scoring import Scoring
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import in_passes, map_z, seed_noise, seed_z
from trainer.diagnosis.reference import Reference
from trainer.util.errors import UserError
from trainer.util.images import PLANE, shown, to_pixels

DRAFT = 256  # pixels a side of what is drawn of a larger image in a drag
MAX_NAME = 200  # characters of a class


class Waiting(NamedTuple):
    """One image that somebody waits for; ws [1, num_ws, w_dim]."""

    ws: Tensor
    recipe: Recipe
    image: Future[np.ndarray]


class Model:
    """A generator with its name and capabilities. Thread-safe: one rendering at a time.

    Attributes:
        name, folder, info: the checkpoint's.
        z_dim, w_dim, num_ws, num_classes, resolution, channels: the generator's.
        points: whether it makes 2-D points, of which drawings are shown.
        has_noise: whether the noise mode of a recipe matters.
        class_names: of the labels; empty for an unconditional model.
        scoring: what its critic says of its images, where it has one.
    """

    def __init__(self, folder: Path, name: str | None = None):
        """Raises UserError for a folder that is no sound checkpoint."""
        self.folder, self.name = folder, name or folder.name
        self.info = read_info(folder)
        self.generator = load_generator(folder, self.info)
        g = self.generator
        self.z_dim, self.w_dim, self.num_ws, self.num_classes = g.z_dim, g.w_dim, g.num_ws, g.num_classes
        self.points = g.resolution == 1
        self.resolution, self.channels = (PLANE, 1) if self.points else (g.resolution, g.channels)
        self.has_noise = bool(g.noise_sizes)
        self.class_names = class_names(self.info.data.get("attributes"), self.num_classes)
        self.scoring = Scoring(folder, self.info)
        self.reading: tuple[Reference, AttributeReader | None] | None = None  # the reader of the reference of late
        self.lock = threading.Lock()
        self.waiting: deque[Waiting] = deque()  # single images that nobody draws yet
        self.render_pool = ThreadPoolExecutor(1, f"render-{self.name}")  # draws them

    @property
    def subject(self) -> Subject:
        """What its directions are found in."""
        return Subject(self.generator, self.reader)

    @property
    def place(self) -> Place:
        """Where what is learned of it lies."""
        return Place(self.folder, self.info.sha256)

    @property
    def reader(self) -> AttributeReader | None:
        """Who reads attributes off its images; None without a reference of this size whose classes have names."""
        try:
            reference = reference_of(self)
            if self.reading is None or self.reading[0] is not reference:
                self.reading = (reference, reader_of(reference))
        except UserError:  # the diagnosis says what is wrong with it
            return None
        return self.reading[1]

    def directions(self, method: str) -> Directions:
        """Fitted directions of a method, from memory, a file or a fit of under 2 s. UserError where there are none."""
        return fitted(method, self.subject, self.place)

    def step(self, direction: str, strength: float) -> np.ndarray:
        """What a strength of a direction, such as `pca:0`, adds to w: float32 (w_dim,), or (num_ws, w_dim) where each
        layer moves by itself. Raises UserError for an unknown one."""
        method, _, axis = direction.partition(":")
        if method == explicit.METHOD:
            return explicit.step(self, axis) * np.float32(strength)
        return self.directions(method).step(axis, strength)

    def images(self, recipes: Sequence[Recipe]) -> np.ndarray:
        """Recipes -> uint8 (N, H, W, C), each the same whatever else is drawn with it.

        Raises UserError for a recipe that does not fit this model, and for images with NaN.
        """
        if not recipes:
            return np.empty((0, self.resolution, self.resolution, self.channels), np.uint8)
        return shown(self.raw_images(recipes))

    def raw_images(self, recipes: Sequence[Recipe], exact: bool = True) -> np.ndarray:
        """`images`, but 2-D points as they are, float32 (N, 1, 1, 2): what a diagnosis measures.

        Args: exact: as in `sampling.in_passes`; False is faster, and may turn a pixel by 1/255.
        """
        ws = self.ws(recipes)
        return in_passes(
            self.generator, len(recipes), lambda rows: self.draw(ws[rows], [recipes[i] for i in rows]), exact
        )

    def image(self, recipe: Recipe) -> np.ndarray:
        """One image, uint8 (H, W, C), drawn in one pass with what others wait for at the same moment.

        Raises UserError as `images`; nobody else's image suffers from it.
        """
        mine = Waiting(self.ws([recipe]), recipe, Future())
        self.waiting.append(mine)
        self.render_pool.submit(self.serve)
        return mine.image.result()

    def draft(self, recipe: Recipe) -> np.ndarray:
        """`image`, but of a large one a smaller look, uint8 (DRAFT, DRAFT, C), where the generator has one sooner."""
        if self.resolution <= DRAFT or DRAFT not in self.generator.draft_sides:
            return self.image(recipe)
        ws = self.ws([recipe])
        images = self.render_pool.submit(self.draw, ws, [recipe], DRAFT).result()
        return images.reshape(images.shape[1:])

    def serve(self) -> None:
        """Draw for the first of those who wait, as many as one pass holds; perhaps an earlier pass has served all."""
        asked = [self.waiting.popleft() for _ in range(min(self.generator.pass_size, len(self.waiting)))]
        if asked:
            self.settle(asked)

    def settle(self, asked: Sequence[Waiting]) -> None:
        """Draw for those who share a pass; together, or where that fails one by one."""
        filled = [*asked, *[asked[-1]] * (self.generator.pass_size - len(asked))]
        try:
            raw_images = self.draw(torch.cat([one.ws for one in filled]), [one.recipe for one in filled])
        except Exception as error:
            if len(asked) == 1:
                asked[0].image.set_exception(error)
            else:
                for one in asked:
                    self.settle([one])
        else:
            for one, image in zip(asked, raw_images, strict=False):
                one.image.set_result(shown(image[None])[0])

    def ws(self, recipes: Sequence[Recipe]) -> Tensor:
        """The vectors that the synthesis reads, truncated and edited: [N, num_ws, w_dim]."""
        return torch.stack([self.edited(self.base_ws(recipe), recipe) for recipe in recipes])

    @torch.inference_mode()
    def base_ws(self, recipe: Recipe) -> Tensor:
        """ws of a recipe before its edits, [num_ws, w_dim]."""
        if recipe.w:
            w = torch.from_numpy(unpack(recipe.w, "w").copy())
            if w.numel() not in (self.w_dim, self.num_ws * self.w_dim):
                raise self.misfit("w", w.numel(), f"{self.w_dim} or {self.num_ws} x {self.w_dim}")
            return w.reshape(-1, self.w_dim).expand(self.num_ws, -1)
        ws = self.map_z(self.z(recipe), recipe)
        if recipe.mix:
            ws = ws.clone()
            for mix in recipe.mix:
                layers = self.layers(mix.first, mix.last, f"the mixed seed {mix.seed}")
                ws[:, layers] = self.map_z(seed_z(mix.seed, self.z_dim), recipe)[:, layers]
        return self.generator.truncate(ws, recipe.psi, recipe.cutoff)[0]

    def map_z(self, z: np.ndarray, recipe: Recipe) -> Tensor:
        """z (z_dim,) and the recipe's class -> ws [1, num_ws, w_dim]."""
        return map_z(self.generator, z, self.label(recipe) if self.num_classes else 0)

    def layers(self, first: int, last: int | None, who: str) -> slice:
        """Layers first .. last, None: to the finest. Raises UserError for layers that this model does not have."""
        last = self.num_ws - 1 if last is None else last
        if not 0 <= first <= last < self.num_ws:
            raise UserError(f"{who} acts on layers {first} to {last}; {self.name} has 0 to {self.num_ws - 1}.")
        return slice(first, last + 1)

    def z(self, recipe: Recipe) -> np.ndarray:
        """float32 (z_dim,): the recipe's own, or the seed's."""
        if not recipe.z:
            return seed_z(recipe.seed, self.z_dim)
        z = unpack(recipe.z, "z")
        if z.size != self.z_dim:
            raise self.misfit("z", z.size, str(self.z_dim))
        return z.copy()

    def label(self, recipe: Recipe) -> int:
        """The recipe's class, 0 if it names none. Raises UserError for a class that the model does not have."""
        label = recipe.label or 0
        if label >= self.num_classes:
            raise UserError(f"The recipe asks for class {label}; {self.name} has classes 0 to {self.num_classes - 1}.")
        return label

    def edited(self, ws: Tensor, recipe: Recipe) -> Tensor:
        """ws plus the recipe's edits, [num_ws, w_dim]."""
        if not recipe.edits:
            return ws
        ws = ws.clone()
        for edit in recipe.edits:
            layers = self.layers(edit.first, edit.last, f"The edit {edit.direction:.40}")
            step = torch.from_numpy(self.step(edit.direction, edit.strength))
            ws[layers] += step[layers] if step.dim() == 2 else step
        return ws

    @torch.inference_mode()
    def draw(self, ws: Tensor, recipes: Sequence[Recipe], side: int = 0) -> np.ndarray:
        """Synthesis of one pass, uint8 (N, H, W, C), or points (N, 1, 1, 2); a draft of so many pixels a side."""
        with self.lock:
            images = synthesized(self, ws, recipes, side)
        if not torch.isfinite(images).all():
            raise UserError(
                f"{self.name} generates NaN or infinite pixels here. Choose another seed or smaller "
                "strengths; if it happens everywhere, its training diverged."
            )
        return to_pixels(images)

    def noise(self, recipes: Sequence[Recipe]) -> list[Tensor] | None:
        """Noise inputs, one [N, 1, s, s] a layer, as each recipe's mode asks; None for a model without."""
        return seed_noise(self.generator, [recipe.seed for recipe in recipes], [recipe.noise for recipe in recipes])

    def misfit(self, name: str, found: int, wanted: str) -> UserError:
        """The error for a vector of the wrong length. `name`: z or w; `wanted`: the right lengths, in words."""
        return UserError(f"The recipe's {name} has {found} numbers; {self.name} needs {wanted}. Is it another model's?")


def synthesized(model: Model, ws: Tensor, recipes: Sequence[Recipe], side: int) -> Tensor:
    """Images [N, C, H, W] of one pass, drafts where `side` is not 0, each by whoever draws its recipe.

    Where that is not the same for all, each draws the whole pass: its size decides the last bits.
    """
    noise = model.noise(recipes)
    drawn = {
        tuned: generator.draft(ws, noise, side) if side else generator.synthesize(ws, noise)
        for tuned, generator in {recipe.tuned: branches.generator_of(model, recipe) for recipe in recipes}.items()
    }
    return torch.stack([drawn[recipe.tuned][i] for i, recipe in enumerate(recipes)])


def class_names(attributes: object, count: int) -> list[str]:
    """Names of the classes: the values of the data's first attribute, or numbers where these are not one a class."""
    first = next(iter(attributes.values()), None) if isinstance(attributes, dict) else None
    names = first if isinstance(first, list) and len(first) == count else range(count)
    return [str(name)[:MAX_NAME] for name in names]
