"""One frozen dataclass is the command line, the training run and its saved record. An option is one line of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from trainer.training.conditions import (
    ADVERSARIAL,
    AUGMENTED,
    BALANCED,
    CODES,
    DIAGNOSED,
    ENCODED,
    GAN,
    LAZY,
    PROGRESSIVE,
    SMOOTHABLE,
    STYLE_BASED,
    UNPAIRED,
    weight,
)
from trainer.training.options import (
    DATA_GROUP,
    GROUPS,
    LOSSES,
    MACHINE,
    MAIN,
    NETWORKS,
    OPTIMISER,
    SAVING,
    SIDE,
    STABILISERS,
    flag,
    option,
)
from trainer.training.presets import default_preset, preset
from trainer.training.translator_options import TranslatorOptions
from trainer.util import old_names
from trainer.util.errors import UserError

STRATEGIES = ("auto", "ddp")  # sharded ones would cut the networks that a checkpoint needs whole
NORMS = ("", "batch", "instance", "none")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
WEIGHTS = 2**14  # channels of a layer, at most


@dataclass(frozen=True, kw_only=True)
class TrainConfig(TranslatorOptions):
    """All that determines a run, apart from where it is kept. Raises UserError for a value that cannot work."""

    data: str = option("avatars", "data set", MAIN, table="data", others="a folder, zip, tar or .npz of images")
    data_a: str = option(
        "", "the other collection, A, whose images are translated into those of --data", MAIN, table="data",
        others="a folder, zip, tar or .npz of images", applies_to=[UNPAIRED],
    )  # fmt: skip
    arch: str = option("stylegan-lite", "architecture of G and D", MAIN, table="arch", branchable=False)
    resolution: int = option(64, "image size in pixels; 1 for 2-D points", MAIN, min_=1, max_=SIDE, branchable=False)
    kimg: float = option(200.0, "training length in thousands of real images", MAIN, min_=0.001, mutable=True)

    batch: int = option(32, "batch size, over all devices", OPTIMISER, min_=2, max_=2**20)
    lr: float = option(2e-3, "Adam's learning rate, for both G and D", OPTIMISER, above=0, mutable=True)
    lr_d: float = option(
        0.0, "separate learning rate for D (TTUR); 0 = --lr", OPTIMISER, min_=0, applies_to=[ADVERSARIAL], mutable=True
    )
    lr_decay: float = option(
        0.0, "final fraction of the run over which the learning rates decay to 0", OPTIMISER, min_=0, max_=1
    )
    d_first: float = option(
        0.0, "thousands of images in the beginning during which D alone learns", OPTIMISER, min_=0,
        applies_to=[ADVERSARIAL], mutable=True,
    )  # fmt: skip
    n_critic: int = option(1, "D steps per G step (n_critic)", OPTIMISER, min_=1, max_=100, applies_to=[GAN])
    beta1: float = option(0.0, "Adam's beta1", OPTIMISER, min_=0, below=1)
    beta2: float = option(0.99, "Adam's beta2", OPTIMISER, min_=0, below=1)
    ema_kimg: float = option(
        10.0, "half-life of G's moving average (EMA), at most 5 % of the images seen; 0 = off", OPTIMISER, min_=0
    )
    seed: int = option(
        0, "random seed of the initial weights, the order of the images and all latents", OPTIMISER, min_=0,
        max_=2**63 - 1,
    )  # fmt: skip

    loss: str = option("non-saturating", "adversarial loss", LOSSES, table="loss", applies_to=[ADVERSARIAL])
    label_smoothing: float = option(
        0.0, "one-sided label smoothing: D's target for real images is this much below 1", LOSSES, min_=0, below=0.5,
        applies_to=[ADVERSARIAL, SMOOTHABLE], mutable=True,
    )  # fmt: skip
    penalty: str = option("r1", "regulariser of D", LOSSES, table="penalty", applies_to=[GAN], off="none")
    r1_gamma: float = option(
        0.3, "weight of the R1 penalty; 0 = off", LOSSES, min_=0, applies_to=[weight("r1_gamma")], ignored=True,
        mutable=True,
    )  # fmt: skip
    r1_every: int = option(
        16, "apply the R1 penalty every this many steps", LOSSES, min_=1,
        applies_to=[LAZY], ignored=True,
    )  # fmt: skip
    gp_weight: float = option(
        10.0, "weight of the gradient penalty", LOSSES, min_=0, applies_to=[weight("gp_weight")], ignored=True,
        mutable=True,
    )  # fmt: skip
    weight_clip: float = option(
        0.01, "clip D's weights to this magnitude", LOSSES, above=0, applies_to=[weight("weight_clip")], ignored=True
    )
    path_length: float = option(
        0.0, "weight of path length regularisation; 0 = off", LOSSES, min_=0, applies_to=[GAN, STYLE_BASED]
    )
    beta: float = option(
        1.0, "weight of the KL divergence from the prior", LOSSES, min_=0, applies_to=[ENCODED], ignored=True
    )

    d_norm: str = option(
        "", "normalisation in D; empty = the architecture's default", STABILISERS, choices=NORMS,
        argument="d_norm", branchable=False,
    )  # fmt: skip
    spectral_norm: bool = option(
        False, "spectral normalisation of D", STABILISERS, argument="spectral_norm",
        branchable=False,
    )  # fmt: skip
    minibatch_stddev: bool = option(
        False, "minibatch standard deviation in D; always in stylegan-lite", STABILISERS, argument="minibatch_stddev",
        branchable=False,
    )  # fmt: skip
    pac_size: int = option(
        1, "images that D sees at once (PacGAN)", STABILISERS, min_=1, max_=8, argument="pac_size", branchable=False
    )
    instance_noise: float = option(
        0.0, "noise added to D's inputs, decaying to 0 over the run", STABILISERS, min_=0, applies_to=[GAN],
        mutable=True,
    )  # fmt: skip
    augment: str = option(
        "", "random augmentation of D's inputs, for small data sets", STABILISERS, table="augment", several=True,
        applies_to=[GAN], mutable=True,
    )  # fmt: skip
    ada_target: float = option(
        0.0, "ADA: adapt the augmentation to keep D this sure of real images; 0 = always augment", STABILISERS,
        min_=0, below=1, applies_to=[GAN, AUGMENTED],
    )  # fmt: skip

    start_from: str = option(
        "", "begin with the weights of this checkpoint; empty = random ones", NETWORKS, table="checkpoint",
        others="a folder, a run or hf://user/repo", branchable=False,
    )  # fmt: skip
    z_dim: int = option(
        128, "dimension of the latent space", NETWORKS, min_=1, max_=WEIGHTS, argument="z_dim", ignored=True,
        branchable=False,
    )  # fmt: skip
    width: int = option(
        128, "channels of the coarse levels (stylegan-lite) or of the finest (dcgan)", NETWORKS, min_=1, max_=WEIGHTS,
        argument="width", ignored=True, branchable=False,
    )  # fmt: skip
    min_channels: int = option(
        0, "channels of the finest level; 0 = an eighth of --width", NETWORKS, min_=0, max_=WEIGHTS,
        argument="min_channels", branchable=False,
    )  # fmt: skip
    convs_per_block: int = option(
        1, "3 x 3 convolutions per resolution", NETWORKS, min_=1, max_=2, argument="convs_per_block", branchable=False
    )
    d_convs_per_block: int = option(
        0, "convolutions per resolution in D; 0 = as many as in G", NETWORKS, min_=0, max_=2,
        argument="d_convs_per_block", branchable=False,
    )  # fmt: skip
    styles: str = option(
        "demodulate", "how w modulates a layer", NETWORKS, choices=("demodulate", "adain"), argument="styles",
        branchable=False,
    )  # fmt: skip
    noise_inputs: bool = option(
        True, "noise inputs of every layer, for texture that no latent decides", NETWORKS, argument="noise_inputs",
        branchable=False,
    )  # fmt: skip
    palette: int = option(
        0, "colours that each pixel is a mixture of, for flat drawings; 0 = sums of colours at all levels", NETWORKS,
        min_=0, max_=256, argument="palette", branchable=False,
    )  # fmt: skip
    style_mixing: float = option(
        0.5, "fraction of images generated from two latents", NETWORKS, min_=0, max_=1, applies_to=[STYLE_BASED],
        ignored=True,
    )  # fmt: skip
    conditional: bool = option(False, "condition G and D on the data set's classes", NETWORKS, branchable=False)
    prior: str = option("normal", "distribution of z", NETWORKS, choices=("normal", "uniform"), argument="prior")
    codes_categorical: int = option(
        0, "number of values of InfoGAN's categorical code; 0 = none", NETWORKS, min_=0, max_=1000, argument="codes",
        branchable=False,
    )  # fmt: skip
    codes_continuous: int = option(
        0, "number of InfoGAN's continuous codes", NETWORKS, min_=0, max_=100, argument="codes", branchable=False
    )
    info_lambda: float = option(
        1.0, "weight of InfoGAN's mutual information term", NETWORKS, min_=0, applies_to=[CODES], ignored=True
    )
    progressive: bool = option(
        False, "progressive growing: start at a low resolution", NETWORKS, argument="progressive", branchable=False
    )
    grow_kimg: float = option(
        50.0, "thousands of images to fade in a resolution, and as many again before the next", NETWORKS, above=0,
        applies_to=[PROGRESSIVE], ignored=True,
    )  # fmt: skip

    limit: int = option(0, "use only this many images of the data set; 0 = all", DATA_GROUP, min_=0)
    mirror: bool = option(False, "random horizontal flips of the real images", DATA_GROUP, mutable=True)
    balance: str = option("", "show each value of this attribute equally often", DATA_GROUP, resumable=True)
    balance_power: float = option(
        1.0, "how far --balance goes: 1 = each value equally often, 0 = as often as in the data", DATA_GROUP,
        min_=0, max_=1, applies_to=[BALANCED], ignored=True, mutable=True,
    )  # fmt: skip

    save_kimg: float = option(
        10.0, "thousands of images between saves of state, snapshot and sample grid", SAVING, min_=0.001, mutable=True
    )
    keep_mb: float = option(
        300.0, "disk space in MB for earlier snapshots; older ones are thinned out", SAVING, min_=0, mutable=True
    )
    diagnose: bool = option(True, "evaluate G while it trains, if the data set is large enough", SAVING, resumable=True)
    diagnose_kimg: float = option(
        0.0, "thousands of images between evaluations; 0 = as often as 5 % of the time allows", SAVING, min_=0,
        applies_to=[DIAGNOSED], ignored=True, mutable=True,
    )  # fmt: skip

    threads: int = option(0, "CPU threads; 0 = PyTorch's choice", MACHINE, min_=0, max_=1024, resumable=True)
    devices: int = option(1, "accelerators or processes on each machine", MACHINE, min_=1, max_=1024)
    num_nodes: int = option(1, "number of machines", MACHINE, min_=1, max_=1024)
    strategy: str = option("auto", "how several devices work together (Lightning Fabric)", MACHINE, choices=STRATEGIES)
    precision: str = option(
        "32-true", "numerical precision (Lightning Fabric)", MACHINE, choices=PRECISIONS, resumable=True
    )
    cuda_graphs: bool = option(
        True, "on a GPU, record a GAN's steps as CUDA graphs where the settings allow it", MACHINE, resumable=True
    )

    def __post_init__(self) -> None:
        from trainer.training.validation import check  # imports torch, which `--help` has no time for

        check(self)

    @property
    def codes(self) -> list[int]:
        """InfoGAN's codes: values of the categorical one, number of continuous ones."""
        return [self.codes_categorical, self.codes_continuous]

    @property
    def total_images(self) -> int:
        """Real images in the end."""
        return round(self.kimg * 1000)

    @property
    def processes(self) -> int:
        """Over all machines."""
        return self.devices * self.num_nodes


OPTIONS = {f.name: f for f in sorted(fields(TrainConfig), key=lambda f: GROUPS.index(f.metadata["group"]))}
DATA_SETS = ("data", "data_a")  # options that name one
ARGUMENTS = tuple(dict.fromkeys(f.metadata["argument"] for f in OPTIONS.values() if "argument" in f.metadata))


def that_are(fact: str) -> list[str]:
    """Options by a fact of theirs: `mutable`, `resumable`, `branchable`."""
    return [name for name, f in OPTIONS.items() if f.metadata[fact]]


def config_from(
    given: dict[str, Any], preset_name: str | None = None, recorded: TrainConfig | None = None
) -> TrainConfig:
    """Flags over preset over the architecture's own preset over defaults. None means not given.

    Of a run that exists already, the `recorded` settings stand for all below the preset.

    Raises UserError for a preset that was made for another architecture than the one given.
    """
    from trainer.training.validation import turned_off

    chosen = {name: value for name, value in given.items() if name in OPTIONS and value is not None}
    base = preset(preset_name) if preset_name else {}
    below = asdict(recorded) if recorded else {}
    arch = chosen.get("arch", base.get("arch", below.get("arch", TrainConfig.arch)))
    if base.get("arch", arch) != arch:
        raise UserError(
            f"--preset {preset_name} is for --arch {base['arch']}, not {arch}. Leave one of the two out.", field="arch"
        )
    return TrainConfig(**{**(below or {**turned_off(OPTIONS, arch), **default_preset(arch)}), **base, **chosen})


def flags(names: Iterable[str]) -> str:
    """Options in a sentence."""
    return ", ".join(map(flag, names))


def config_from_record(record: dict[str, Any]) -> TrainConfig:
    """A saved record -> config; what it lacks has its default. Raises UserError for fields unknown to this version."""
    record = old_names.current(record)
    unknown = sorted(set(record) - OPTIONS.keys())
    if unknown:
        raise UserError(f"The saved run has settings that this version does not know: {', '.join(unknown)}.")
    return TrainConfig(**record)
