"""State dicts out of files of PyTorch and safetensors: tensors by name, and nothing that a file holds is ever run.

A file may hold one state dict or many, at any depth: a candidate is any dict with tensors in it, and any group of names
under one prefix. What is no tensor is not looked at.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from trainer.checkpoints.importers.base import MAX_FILE, open_source
from trainer.checkpoints.importers.pickled import Unexpected, parsed
from trainer.checkpoints.importers.rebuilt import TYPES, Module, Rebuilder
from trainer.checkpoints.importers.refusals import WAY
from trainer.util.reading import Unfit, reason
from trainer.util.tensors import MAX_TENSORS, from_bytes

States = dict[str, dict[str, Tensor]]  # where a state dict stood, "" for the file itself: its tensors
MAX_DEPTH = 4  # dicts within dicts
ZIP, SAFETENSORS = b"PK\x03\x04", b"{"
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # a pickle of the number that PyTorch's older files begin with
BAD_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, LookupError, ValueError, EOFError, OSError)
WRAPPERS = re.compile(r"^(module|_orig_mod)\.")  # DataParallel and torch.compile put them before every name
FIRST = ("g_ema", "G_ema", "generator_ema", "netG_ema", "ema", "netG", "generator", "G", "gen", "state_dict", "model")


def is_weights(file: BinaryIO) -> bool:
    """Whether a file is PyTorch's or a safetensors file, by its beginning; leaves it at its start."""
    start = file.read(len(LEGACY))
    file.seek(0)
    if start[:4] != ZIP:
        return start[8:9] == SAFETENSORS or start == LEGACY
    try:
        names = zipfile.ZipFile(file).namelist()
    except BAD_ZIP:
        names = []
    file.seek(0)
    return any(name.rpartition("/")[2] in ("data.pkl", "constants.pkl") for name in names)


def read_tree(path: Path) -> Any:
    """What a .pt, .pth or .safetensors file holds, its tensors on the CPU. Raises Unfit for a damaged one, OSError.

    Where a file of PyTorch holds more than tensors, such as a whole module, that part of it is read as `pickled` does.
    """
    with open_source(path) as file:
        start = file.read(9)
        file.seek(0)
        if start[8:] == SAFETENSORS:
            return from_bytes(file.read())
        if start[:4] == ZIP:
            check_zip(file)
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch's readers raise whatever they meet
            if asks := re.search(r"GLOBAL (\S+)", str(error)):
                error = Unexpected(asks[1])
            if start[:4] != ZIP:
                raise Unfit(reason(error)[:200]) from error
        return unpacked(file)


def check_zip(file: BinaryIO) -> None:
    """Raise Unfit for an archive that is damaged, a program, or unpacks to too much. Leaves the file at its start."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            program = any("/code/" in name for name in archive.namelist())
    except BAD_ZIP as error:
        raise Unfit(f"it is a damaged archive ({reason(error)})") from error
    if size > MAX_FILE:
        raise Unfit(f"it unpacks to {size / 1e6:,.0f} MB, more than the limit of {MAX_FILE / 1e6:,.0f} MB")
    if program:
        raise Unfit(f"it is a TorchScript program, which would have to be run. {WAY}")
    file.seek(0)


def unpacked(file: BinaryIO) -> Any:
    """What an archive of PyTorch's holds that asks for more than tensors; nothing of it is run."""
    try:
        with zipfile.ZipFile(file) as archive:
            (index,) = [name for name in archive.namelist() if name.endswith("data.pkl")]

            def storage(persistent_id: tuple[Any, ...]) -> Tensor:
                _, kind, key, _, _ = persistent_id
                numbers = bytearray(archive.read(f"{index.removesuffix('data.pkl')}data/{key}"))
                return torch.frombuffer(numbers, dtype=TYPES[kind.rpartition(".")[2]])

            return Rebuilder(storage)(parsed(archive.read(index)))
    except Unfit:
        raise
    except BAD_ZIP as error:
        raise Unfit(f"it is a damaged archive ({reason(error)})") from error


def states(tree: Any) -> States:
    """All candidates for a generator's state dict, the likeliest first. Raises Unfit for a tensor that is not plain."""
    found: States = {}
    for where, tensors in dicts(tree, "", 0):
        found |= dict(parts_of(where, tensors, 0))
    return dict(sorted(found.items(), key=lambda item: rank(item[0])))


def rank(where: str) -> int:
    """How early a candidate is tried: an averaged generator first, then what is called a generator, then the rest."""
    return min((FIRST.index(name) for name in where.split(".") if name in FIRST), default=len(FIRST))


def dicts(tree: Any, where: str, depth: int) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every dict or module with tensors in it, and where it stood."""
    if isinstance(tree, Module):
        tree = tree.state()
    if not isinstance(tree, Mapping) or depth > MAX_DEPTH:
        return
    tensors = {bare(name): value for name, value in tree.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if len(tensors) > MAX_TENSORS:
        raise Unfit(f"it has {len(tensors)} tensors, more than the limit of {MAX_TENSORS}")
    if tensors:
        yield where, {name: sound(name, tensor) for name, tensor in tensors.items()}
    for name, value in tree.items():
        yield from dicts(value, joined(where, str(name)), depth + 1)


def parts_of(where: str, tensors: dict[str, Tensor], depth: int) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """A state dict, and the parts of it whose names share a prefix: a GAN's generator beside its discriminator."""
    yield where, tensors
    if depth == MAX_DEPTH:
        return
    parts: States = {}
    for name, tensor in tensors.items():
        first, _, rest = name.partition(".")
        if rest:
            parts.setdefault(first, {})[bare(rest)] = tensor
    for first, part in parts.items():
        yield from parts_of(joined(where, first), part, depth + 1)


def joined(*parts: str) -> str:
    """A dotted name."""
    return ".".join(filter(None, parts))


def bare(name: str) -> str:
    """A tensor's name without the prefixes of wrappers."""
    while WRAPPERS.match(name):
        name = WRAPPERS.sub("", name)
    return name


def sound(name: str, tensor: Tensor) -> Tensor:
    """The tensor as float32 where it has fractions. Raises Unfit for one that is not laid out in full."""
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized or tensor.is_complex():
        raise Unfit(f"{name:.60} is not a plain tensor")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise Unfit(f"{name:.60} claims more numbers than the file has")
    return tensor.detach().float() if tensor.is_floating_point() else tensor.detach()


def in_order(names: Iterable[str]) -> list[str]:
    """Names with their numbers counted: main.3 before main.10."""
    return sorted(names, key=lambda name: [part.zfill(9) for part in re.split(r"(\d+)", name)])
