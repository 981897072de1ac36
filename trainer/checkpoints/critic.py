"""critic.safetensors: the discriminator that a generator learned from, kept to say which images it takes for real.

It is optional. Its record stands in config.json under data, where readers that do not know of it leave it alone.
"""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from trainer.checkpoints.building import FAILURES, tensors_of
from trainer.checkpoints.sampling import sample
from trainer.checkpoints.weights import checked_weights
from trainer.networks import ARCHITECTURES, CRITICS, Discriminator, Generator
from trainer.networks.base import LARGE
from trainer.util.errors import UserError
from trainer.util.images import to_float
from trainer.util.reading import Unfit, place, reason

if TYPE_CHECKING:
    from trainer.checkpoints.checkpoint import CheckpointInfo

FILE = "critic.safetensors"
KEY = "critic"  # of CheckpointInfo.data
MAX_KEPT = 20_000_000  # bytes up to which a critic is written unless somebody says otherwise
TRIED, TRIED_LARGE = 16, 4  # seeds whose scores 16 bits must keep
KEEPS = 2e-3  # relative; half of it, of the scores' range
TOGETHER, PIXELS = 64, 2**20  # images, and pixels of them, whose scores are found at once
SHAPE = ("resolution", "channels", "num_classes")  # in which critic and generator agree


class PackedCritic(NamedTuple):
    """A critic as a checkpoint holds it: its constructor's arguments, and the bytes of its file.

    Attributes:
        name: of CRITICS; "" for the discriminator of the generator's architecture.
    """

    options: dict[str, Any]
    data: bytes
    name: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """What config.json holds of it."""
        named = {"name": self.name} if self.name else {}
        return {**named, "options": self.options, "sha256": hashlib.sha256(self.data).hexdigest()}


def packed(network: Discriminator, options: Mapping[str, Any], generator: Generator) -> PackedCritic:
    """A discriminator for the checkpoint of its generator, in 16 bits where that keeps its scores.

    Raises UserError for one with NaN, or whose scores are not finite.
    """
    network = copy.deepcopy(network).eval().requires_grad_(False)
    seeds = range(TRIED if generator.resolution < LARGE else TRIED_LARGE)
    labels = [seed % max(generator.num_classes, 1) for seed in seeds]
    images = sample(generator, seeds, labels)
    # Cloned: the network itself takes the 16 bits below, and safetensors refuses tensors that share memory.
    state = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in network.state_dict().items()}
    full = scores(network, images, labels)
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    if all(tensor.isfinite().all() for tensor in half.values()):
        network.load_state_dict(half)
        if np.allclose(scores(network, images, labels), full, rtol=KEEPS, atol=KEEPS / 2 * np.ptp(full)):
            state = half
    name = next((name for name, kind in CRITICS.items() if kind is type(network)), "")
    return PackedCritic(dict(options), save(state), name)


def load_critic(folder: Path, info: "CheckpointInfo") -> Discriminator | None:
    """The critic of a checkpoint, in evaluation mode; None if it has none.

    Raises UserError, as `load_generator`, for one that config.json names and that is missing, damaged or another.
    """
    if KEY not in info.data:
        return None
    path, record = folder / FILE, info.data[KEY]
    record = record if isinstance(record, dict) else {}
    options, sha256, name = record.get("options"), record.get("sha256"), record.get("name", "")
    if not isinstance(options, dict) or not isinstance(sha256, str) or not (name == "" or name in [*CRITICS]):
        raise UserError(f"{place(folder / 'config.json')} does not describe its critic. Publish the checkpoint again.")
    network = CRITICS[name] if name else discriminator_class(info.arch)
    if network is None or any(options.get(key) != info.options.get(key) for key in SHAPE):
        raise UserError(
            f"{place(folder / 'config.json')} describes a critic for other images than its generator's. "
            "Publish the checkpoint again."
        )
    what = f"critic of {info.arch}"
    weights = checked_weights(path, what, lambda count: tensors_of(network, what, options, count), sha256)
    try:
        return built(network, options, weights)
    except Unfit as error:
        raise UserError(f"{place(path)} makes {error}. Publish the checkpoint again.") from error


def discriminator_class(arch: str) -> type[Discriminator] | None:
    """What scores the images of an architecture; None where nothing does, as in a VAE."""
    network = ARCHITECTURES[arch].discriminator if arch in ARCHITECTURES else None
    return network if network is not None and issubclass(network, Discriminator) else None


def built(network: type[Discriminator], options: Mapping[str, Any], weights: Mapping[str, Any]) -> Discriminator:
    """The critic with its weights, once it has scored an image. Raises Unfit if it cannot."""
    try:
        critic = network(**options)
        critic.load_state_dict(dict(weights))
        critic.eval().requires_grad_(False)
        side, channels = options["resolution"], options["channels"]
        if side < LARGE or network not in CRITICS.values():
            scores(critic, np.zeros((1, side, side, channels), np.float32 if side == 1 else np.uint8), [0])
        else:
            check_runs(network, options)  # as an image would take seconds
    except FAILURES as error:
        raise Unfit(f"a critic that does not run ({reason(error)})") from error
    return critic


def check_runs(network: type[Discriminator], options: Mapping[str, Any]) -> None:
    """Let a critic without weights score an image without values: shapes alone. Raises what its layers do."""
    with torch.device("meta"):
        image = torch.zeros(1, options["channels"], options["resolution"], options["resolution"])
        network(**options)(image, torch.zeros(1, dtype=torch.long))


@torch.inference_mode()
def scores(critic: Discriminator, images: np.ndarray, labels: Sequence[int]) -> np.ndarray:
    """Logits of images, uint8 (N, H, W, C) or points float32 (N, 1, 1, 2), and their classes -> float32 (N,).

    Higher means taken for real. Each is scored by itself, beside copies of itself where the critic judges several at
    once, so that a score depends on nothing else: a critic that looks at the spread of its minibatch sees none, for
    every image alike, so that scores compare these images and are no logits of training. Raises UserError where one is
    not finite.
    """
    found = []
    for image, label in zip(images, labels, strict=True):
        batch = to_float(torch.from_numpy(image[None])).repeat(critic.pac_size, 1, 1, 1)
        classes = torch.tensor([label]) if critic.conditional else None
        found.append(float(critic(batch, classes)))
    if not np.isfinite(found).all():
        raise UserError("The critic's scores are not finite: its training diverged. Publish without it (--no-critic).")
    return np.array(found, np.float32)


@torch.inference_mode()
def many_scores(critic: Discriminator, images: np.ndarray, labels: Sequence[int] | np.ndarray) -> np.ndarray:
    """`scores` to within rounding, but many at once; those that are not finite as they are."""
    parts = [np.empty(0, np.float32)]
    for start in range(0, len(images), TOGETHER):
        rows = slice(start, start + TOGETHER)
        given = [to_float(torch.from_numpy(np.ascontiguousarray(images[rows])))]
        if critic.conditional:
            given.append(torch.as_tensor(np.array(labels[rows], np.int64)))
        parts.append(each_alone(critic, critic.pac_size, *given)[:, 0].numpy())
    return np.concatenate(parts)


def each_alone(network: Callable[..., Tensor], copies: int, images: Tensor, *labels: Tensor) -> Tensor:
    """A network's answer to each image [N, C, H, W] beside so many copies of it and to nothing else: [N, 1, ...].

    Networks that compare the images of a batch (minibatch standard deviation) then see no others. labels: [N], once.
    """

    def answer(image: Tensor, *label: Tensor) -> Tensor:
        return network(image.expand(copies, -1, -1, -1), *(one[None] for one in label))

    at_once = max(1, PIXELS // images[0, 0].numel())
    batches = zip(*(given.split(at_once) for given in (images, *labels)), strict=True)
    return torch.cat([torch.func.vmap(answer)(*batch) for batch in batches])
