"""Tiny checkpoints with random weights, one of every registered architecture, with and without classes."""

import gc
import inspect
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.fake_hub import FakeHub
from trainer.checkpoints.checkpoint import CheckpointInfo, load_generator, read_info, save_checkpoint
from trainer.checkpoints.critic import KEY, discriminator_class, load_critic, many_scores, packed
from trainer.checkpoints.sampling import sample
from trainer.data import Dataset
from trainer.diagnosis import reference_build, save_reference
from trainer.diagnosis.reference import FILE
from trainer.diagnosis.reference_record import with_scores
from trainer.networks import ARCHITECTURES, Discriminator, Generator
from trainer.util.errors import UserError

SIDES = (8, 16, 28, 32, 64)
TINY = {"width": 8, "min_channels": 8, "z_dim": 16}
CLASSES = ["round", "square", "star"]


def pytest_collection() -> None:
    """Whatever is imported stays: the collector need not go through it again and again."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tiny networks are fastest with one thread."""
    torch.set_num_threads(1)


def tiny_options(arch: str, classes: int) -> dict[str, int]:
    """Constructor arguments at the smallest side that the architecture makes."""
    network = ARCHITECTURES[arch].generator
    taken = inspect.signature(network).parameters
    options = {name: value for name, value in TINY.items() if name in taken} | {"num_classes": classes, "channels": 3}
    for side in SIDES:
        try:
            network(resolution=side, **options)
        except UserError:
            continue
        return {"resolution": side, **options}
    raise AssertionError(f"{arch} makes none of the sizes {SIDES}")


def shaken(generator: Generator) -> Generator:
    """Random weights that let every input show: statistics of a few batches, and noise that is not switched off."""
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in generator.named_parameters():
            if name.endswith("noise_strength"):
                weight.fill_(0.5)
        for _ in range(30):
            label = torch.randint(max(generator.num_classes, 1), (16,), generator=rng)
            generator.train()(torch.randn(16, generator.z_dim, generator=rng), label)
    return generator.eval()


def own_reference(folder: Path, count: int = 1200, seed: int = 1) -> None:
    """Give a checkpoint a reference of its own images, so that it is healthy by construction.

    They are of seeds beyond those that a diagnosis looks at: else it would find copies among them.
    """
    generator = load_generator(folder, read_info(folder))
    start = 10_000 + seed * count
    images = sample(generator, range(start, start + count), noise="random", exact=False)
    labels = np.zeros((count, 0), np.int64)
    dataset = Dataset("its own", images, labels, (), "CC0", "the tests", f"{folder.name}-{count}-{seed}")
    seen, unseen = (reference_build.part(dataset, slice(start, None, 2)) for start in (0, 1))
    reader = reference_build.reader_for("avatars", seen, folder / ".cache", print)
    splits = {count: 40}  # a few are enough to see a band
    reference = reference_build.build_reference(
        reference_build.Halves(seen, unseen, False), reader, folder / ".cache", splits
    )
    save_reference(folder / FILE, reference)
    info = read_info(folder)
    if critic := load_critic(folder, info):
        rows = reference_build.rows_kept(len(unseen))
        found = many_scores(critic, unseen.images[rows], np.zeros(len(rows), int))
        with_scores(folder / FILE, folder / FILE, found, info.data[KEY]["sha256"])


@pytest.fixture(scope="session")
def referenced(tmp_path_factory, checkpoint):
    """arch -> folder of a sound checkpoint with a reference, the same one each time; not to be written to."""
    folders: dict[str, Path] = {}

    def make(arch: str = "dcgan") -> Path:
        if arch not in folders:
            folders[arch] = Path(shutil.copytree(checkpoint(arch), tmp_path_factory.mktemp("referenced") / arch))
            own_reference(folders[arch])
        return folders[arch]

    return make


def give_critic(folder: Path, **changes: int) -> Discriminator:
    """Give a checkpoint a critic with random weights; returns it as it was before it was written.

    changes: options that are not the generator's.
    """
    info = read_info(folder)
    generator, network = load_generator(folder, info), discriminator_class(info.arch)
    taken = inspect.signature(network).parameters
    options = {name: value for name, value in info.options.items() if name in taken} | changes
    with torch.random.fork_rng():
        torch.manual_seed(0)
        critic = network(**options).eval()
    save_checkpoint(folder, generator, info, "# A card\n", packed(critic, options, generator))
    return critic


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """(arch, classes) -> folder of a sound checkpoint, the same one each time; not to be written to."""
    folders: dict[tuple[str, int], Path] = {}

    def make(arch: str = "dcgan", classes: int = 0) -> Path:
        if (arch, classes) not in folders:
            folder = tmp_path_factory.mktemp("checkpoints") / f"{arch}-{classes}"
            options = tiny_options(arch, classes)
            with torch.random.fork_rng():
                torch.manual_seed(0)
                generator = shaken(ARCHITECTURES[arch].generator(**options))
            data = {"name": "shapes", "attributes": {"shape": CLASSES[:classes]} if classes else {}}
            save_checkpoint(folder, generator, CheckpointInfo(arch, options, 0, f"A tiny {arch}", data), "# A card\n")
            folders[arch, classes] = folder
        return folders[arch, classes]

    return make


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A Hub on this machine, an empty cache, and no token."""
    from huggingface_hub import constants

    server = FakeHub()
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "hf"
    values = {
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_ASSETS_CACHE": str(home / "assets"),
        "HF_TOKEN_PATH": str(home / "token"),
        "HF_HUB_DISABLE_XET": True,  # whose servers this Hub has not
        "HF_HUB_OFFLINE": False,
    }
    for name, value in values.items():
        monkeypatch.setattr(constants, name, value)
    yield server
    server.close()
