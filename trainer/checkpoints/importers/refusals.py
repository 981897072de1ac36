"""Files that are no importer's: what they are, told by name, and the way that is open to all of them, ONNX."""

from collections.abc import Iterable, Mapping
from typing import Any

from trainer.util.reading import Unfit

WAY = "Export its generator as ONNX and import that (docs/importing.md says how)"
NAMES = {  # how the names that a pickle asks for begin: what it then is
    "dnnlib.tflib.": "a TensorFlow pickle of NVIDIA's; convert it with legacy.py of NVIDIA's PyTorch repository first",
    "tensorflow.": f"a TensorFlow pickle. {WAY}",
    "keras.": f"a Keras pickle. {WAY}",
    "jax": f"a JAX pickle. {WAY}",
    "flax": f"a Flax pickle. {WAY}",
    "pytorch_lightning.": f"a Lightning checkpoint with objects of the program that wrote it. {WAY}",
    "lightning.": f"a Lightning checkpoint with objects of the program that wrote it. {WAY}",
    "diffusers.": f"a pipeline of diffusers, a diffusion model. {WAY}",
}
KEYS = {  # a top-level key: what the file then is
    "pytorch-lightning_version": f"a Lightning checkpoint whose networks are not known here. {WAY}",
}
STARTS = {  # how a file begins: what it then is
    b"\x89HDF\r\n": f"an HDF5 file, as Keras writes them. {WAY}",
    b"GGUF": f"a GGUF file, of a language or diffusion model. {WAY}",
}
TENSORS = (  # parts of tensors' names that are all there: what the file then is
    (("synthesis.input.freqs",), f"a StyleGAN3 generator, whose own layers are not read here. {WAY}"),
    (("shared.weight", "linear.weight"), f"a BigGAN generator. {WAY}"),
    (("generator.gen_z.weight",), f"a BigGAN generator. {WAY}"),
    (("time_embed.0.weight", "input_blocks.0.0.weight"), f"a diffusion model's U-Net. {WAY}"),
    (("model.diffusion_model.",), f"a latent diffusion model. {WAY}"),
    (("time_embedding.linear_1.weight",), f"a U-Net of diffusers, a diffusion model. {WAY}"),
    (("quant_conv.weight", "decoder.conv_in.weight"), f"an autoencoder of a latent diffusion model. {WAY}"),
)


def by_start(start: bytes) -> Unfit | None:
    """The refusal of a file that begins so, None where that says nothing."""
    return next((Unfit(f"it is {what}") for mark, what in STARTS.items() if start.startswith(mark)), None)


def told_of(name: str) -> str:
    """What a pickle is that asks for this name, "" where the name does not say."""
    return next((f"it is {what}" for start, what in NAMES.items() if name.startswith(start)), "")


def by_content(tree: Any, tensors: Iterable[str]) -> Unfit:
    """The refusal of a file of weights whose generator is not known.

    Args: tree: what it holds; tensors: names of all its tensors.
    """
    names = [*tensors]
    keys = tree if isinstance(tree, Mapping) else {}
    for parts, what in TENSORS:
        if all(any(part in name for name in names) for part in parts):
            return Unfit(f"it is {what}")
    for key, what in KEYS.items():
        if key in keys:
            return Unfit(f"it is {what}")
    if not names:
        return Unfit("it has no tensors")
    return Unfit(f"its tensors ({', '.join(names[:3])}, ...) are of no generator that is known here. {WAY}")
