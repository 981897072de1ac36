"""Options of ways of learning from image to image, which `TrainConfig` takes over."""

from dataclasses import dataclass

from trainer.training.conditions import PAIRED, RESTORING, SRGAN, STYLED, UNPAIRED
from trainer.training.options import DATA_GROUP, LOSSES, NETWORKS, SIDE, option


@dataclass(frozen=True, kw_only=True)
class TranslatorOptions:
    """What has an effect where an image is made of an image."""

    l1_weight: float = option(
        100.0, "weight of the L1 distance from the truth", LOSSES, min_=0, applies_to=[PAIRED], ignored=True,
        mutable=True,
    )  # fmt: skip
    cycle_weight: float = option(
        10.0, "weight of the L1 distance between an image and its way there and back", LOSSES, min_=0,
        applies_to=[UNPAIRED], ignored=True, mutable=True,
    )  # fmt: skip
    identity_weight: float = option(
        5.0, "weight of the L1 distance between an image and its translation into its own collection; 0 = off", LOSSES,
        min_=0, applies_to=[UNPAIRED], ignored=True, mutable=True,
    )  # fmt: skip
    code_weight: float = option(
        0.5, "weight of the distance between a style code and what is read of its image", LOSSES, min_=0,
        applies_to=[STYLED], ignored=True, mutable=True,
    )  # fmt: skip
    adversarial_weight: float = option(
        1.0, "weight of the adversarial loss beside the pixels'; 0 = no critic", LOSSES, min_=0,
        applies_to=[RESTORING], ignored=True,
    )  # fmt: skip
    feature_weight: float = option(
        0.0, "weight of the distance from the truth in the critic's levels", LOSSES, min_=0,
        applies_to=[RESTORING], ignored=True, mutable=True,
    )  # fmt: skip
    pixel_loss: str = option(
        "l1", "distance from the truth, by pixels", LOSSES, choices=("l1", "mse"), applies_to=[SRGAN], ignored=True
    )

    blocks: int = option(
        3, "residual blocks", NETWORKS, min_=1, max_=64, argument="blocks", ignored=True, branchable=False
    )
    patch_levels: int = option(
        2, "strided levels of the critic of patches: 1, 2, 3 see 16, 34, 70 pixels", NETWORKS, min_=1, max_=5,
        argument="patch_levels", ignored=True, branchable=False,
    )  # fmt: skip
    scale: int = option(
        4, "how many times larger a side becomes", NETWORKS, min_=2, max_=8, argument="scale", ignored=True,
        branchable=False,
    )  # fmt: skip

    crop: int = option(
        0, "learn from random squares of so many pixels a side; 0 = from whole images", DATA_GROUP, min_=0,
        max_=SIDE, applies_to=[SRGAN], ignored=True,
    )  # fmt: skip
