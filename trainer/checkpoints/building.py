"""From what a config.json declares to a generator that draws: bounded, and compared with the weights before it is made.

Nothing that a checkpoint says is believed: an option has its type and a bound, a constructor may make only so many
tensors as the file has use for, and a network counts as built once it has drawn an image.
"""

from collections.abc import Mapping
from typing import Any, get_type_hints

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from trainer.networks import Generator, Translator, generator_class, is_translator, translator_class
from trainer.util.reading import Unfit, reason
from trainer.util.tensors import Declared

MAX_OPTION = 10**6
MAX_OPTIONS = {"z_dim": 2**14, "num_classes": 10**4, "mapping_layers": 100, "resolution": 1024, "size": 2**29}
CALLS = (1000, 30)  # to PyTorch that a constructor may make: so many, and so many more a tensor in the file
IMAGE, POINT = (1, 3), (2,)  # channels
FAILURES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError, MemoryError)


class Allowance(TorchFunctionMode):
    """Ends a construction that goes on and on: raises Unfit after so many calls to PyTorch in this thread."""

    def __init__(self, calls: int):
        super().__init__()
        self.left = calls

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Unfit("it has many more layers than the file has weights for")
        return func(*args, **(kwargs or {}))


def wanted_tensors(arch: str, options: Mapping[str, Any], count: int) -> dict[str, Tensor]:
    """What a generator of these options would hold, not allocated. Raises Unfit for options that it does not take.

    Args: count: of the tensors that there are.
    """
    return tensors_of(network_class(arch), arch, options, count)


def tensors_of(network: type[nn.Module], name: str, options: Mapping[str, Any], count: int) -> dict[str, Tensor]:
    """`wanted_tensors` of any network; `name` is what the sentence calls it."""
    try:
        check_options(network, options)
        with torch.device("meta"), Allowance(CALLS[0] + CALLS[1] * count):
            return network(**options).state_dict()
    except FAILURES as error:
        raise Unfit(f"options that {name} does not take ({reason(error)})") from error


def check_options(network: type[nn.Module], options: Mapping[str, Any]) -> None:
    """Raise Unfit for an option of another type than the constructor's, or beyond all sense."""
    kinds = get_type_hints(network.__init__)
    for name, value in options.items():
        if name in kinds and not is_of(kinds[name], value, MAX_OPTIONS.get(name, MAX_OPTION)):
            raise Unfit(f"{name} is {value!r:.40}")


def is_of(kind: Any, value: Any, maximum: int) -> bool:
    """Whether a value of JSON is of an annotated type; a sequence is a pair of numbers."""
    if kind is int:
        return type(value) is int and 0 <= value <= maximum
    if kind in (bool, str):
        return type(value) is kind
    return isinstance(value, list | tuple) and len(value) == 2 and all(is_of(int, part, maximum) for part in value)


def first_misfit(wanted: Mapping[str, Tensor], found: Mapping[str, Declared]) -> str:
    """A sentence's middle on the tensors that differ in shape or kind of number, "" if none does."""
    wrong = [name for name in wanted.keys() | found.keys() if spelled(wanted.get(name)) != spelled(found.get(name))]
    if not wrong:
        return ""
    name = min(wrong)
    return f"{name:.60} is {spelled(found.get(name))} instead of {spelled(wanted.get(name))} ({len(wrong)} differ)"


def spelled(tensor: Tensor | Declared | None) -> str:
    """As in: 512 x 100 x 4 x 4; whole numbers are told; or the word missing."""
    if tensor is None:
        return "missing"
    real = tensor.dtype.is_floating_point if isinstance(tensor, Tensor) else "F" in tensor.dtype
    return side_by_side(tensor.shape) + ("" if real else ", whole")


def side_by_side(shape: tuple[int, ...]) -> str:
    """A tensor's shape in words: 512 x 100 x 4 x 4."""
    return " x ".join(map(str, shape)) or "a number"


def built(arch: str, options: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Generator | Translator:
    """The network with its weights, in evaluation mode, once it has made an image. Raises Unfit if it cannot."""
    try:
        network = network_class(arch)(**options)
        network.load_state_dict(dict(weights))
        network.eval().requires_grad_(False)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # 1.1 to 1.4 times as fast on a CPU
        if isinstance(network, Translator):
            made(network)
        else:
            drawn(network)
    except FAILURES as error:
        raise Unfit(f"a network that does not run ({reason(error)})") from error
    return network


def network_class(arch: str) -> type[Generator] | type[Translator]:
    """What a checkpoint of that architecture holds. Raises UserError for a name that nobody knows."""
    return translator_class(arch) if is_translator(arch) else generator_class(arch)


@torch.inference_mode()
def made(translator: Translator) -> None:
    """Make one image. Raises whatever the network does, ValueError for an image of another shape than it says."""
    if translator.channels not in IMAGE or translator.given_channels not in IMAGE:
        raise ValueError(f"{translator.given_channels} channels given, {translator.channels} made")
    image = torch.zeros(1, translator.inputs, translator.given_resolution, translator.given_resolution)
    shape, side = tuple(translator.translate(image).shape), translator.resolution
    if shape != (1, translator.channels, side, side):
        raise ValueError(f"images of {shape}")


@torch.inference_mode()
def drawn(generator: Generator) -> None:
    """Draw one image. Raises whatever the network does, ValueError for images of another shape than it says."""
    if generator.channels not in (POINT if generator.resolution == 1 else IMAGE):
        raise ValueError(f"{generator.channels} channels at {generator.resolution} pixels")
    rng = torch.Generator().manual_seed(0)
    ws = generator.map(torch.randn(1, generator.z_dim, generator=rng), torch.zeros(1, dtype=torch.long))
    images = generator.synthesize(generator.truncate(ws, 0.5), generator.draw_noise(1, rng))
    shapes = tuple(ws.shape), tuple(images.shape)
    side = generator.resolution
    if shapes != ((1, generator.num_ws, generator.w_dim), (1, generator.channels, side, side)):
        raise ValueError(f"images of {shapes[1]}")
