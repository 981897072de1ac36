"""The head of a model card, which the Hub reads: licence, data set, kind of model. Figures: trainer/reports/card.py."""

import re
from typing import TYPE_CHECKING, Any

from trainer.networks import ARCHITECTURES, is_translator

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData

    from trainer.checkpoints.checkpoint import CheckpointInfo

LIBRARY = "latent-explorer"
TASK = "unconditional-image-generation"  # the Hub's name for what latent models do
TRANSLATION = "image-to-image"  # and of translators
DATA_SETS = {  # ours -> the same one on the Hub
    "cifar10": "uoft-cs/cifar10",
    "fashion-mnist": "zalando-datasets/fashion_mnist",
    "mnist": "ylecun/mnist",
    "stacked-mnist": "ylecun/mnist",
}
ADDRESS = re.compile(r"^hf://datasets/([^/@]+/[^/@]+)")
LICENCE = re.compile(r"(?P<name>.*?)(?: \((?P<link>https?://[^\s)]+)\))?")  # MIT, or NAME (https://...)
UNKNOWN = ("", "not stated", "unknown")
KNOWN_LICENCES = {
    *("mit", "apache-2.0", "bsd-3-clause", "cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "openrail", "creativeml-openrail-m"),
}  # ids of the Hub, of those that data sets of images have
SHORT = {"cc0": "cc0-1.0"}
HEAD = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def card_data(info: "CheckpointInfo") -> "ModelCardData":
    """What the Hub is told of a checkpoint; the licence is that of the data."""
    from huggingface_hub import ModelCardData

    architecture = ARCHITECTURES.get(info.arch)
    kind = architecture.method if architecture else "gan"
    found = data_set(info)
    terms: dict[str, Any] = licence(str(info.data.get("licence", "")))
    return ModelCardData(
        library_name=LIBRARY,
        pipeline_tag=task(info),
        tags=[kind, info.arch],
        datasets=[found] if found else None,
        **terms,
    )


def task(info: "CheckpointInfo") -> str:
    """The Hub's name for what a checkpoint does."""
    return TRANSLATION if is_translator(info.arch) else TASK


def data_set(info: "CheckpointInfo") -> str:
    """The id on the Hub of the data that a checkpoint was trained on, "" for data that is not there."""
    name = str(info.data.get("name", ""))
    address = ADDRESS.match(name)
    return address[1] if address else DATA_SETS.get(name, "")


def licence(text: str) -> dict[str, str]:
    """A licence in our words as the Hub's keys: license; license_name and license_link for one that it has no id for.

    Of "not stated by its authors" the Hub is told that it is unknown.
    """
    found = LICENCE.fullmatch(" ".join(text.split()))
    name, link = (found["name"], found["link"]) if found else (text, None)
    slug = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")
    known = SHORT.get(slug, slug)
    if known in KNOWN_LICENCES:
        return {"license": known}
    if name.lower() in UNKNOWN or name.lower().startswith("not stated"):
        return {"license": "unknown"}
    return {"license": "other", "license_name": slug} | ({"license_link": link} if link else {})


def headed(text: str, data: "ModelCardData") -> str:
    """A card with this head, in place of the one that it has, if any."""
    return f"---\n{data.to_yaml()}\n---\n" + HEAD.sub("", text, count=1)
