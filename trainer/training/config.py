"""One frozen dataclass is the command line, the training run and its saved record; presets are a table of overrides."""

import math
from argparse import ArgumentParser, BooleanOptionalAction
from dataclasses import Field, asdict, dataclass, field, fields, replace
from typing import Any

from trainer.util.errors import UserError

STRATEGIES = ("auto", "ddp")  # sharded ones would cut the networks that a checkpoint needs whole
NORMS = ("", "batch", "instance", "none")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
LIMITS = {"least": "at least", "above": "above", "most": "at most", "below": "below"}


def knob(default: Any, help: str, **facts: Any) -> Any:
    """A setting with its one-line help.

    Of `facts`, `least`, `above`, `most` and `below` limit a number, and `choices` names all that a text may be.
    `resumable` marks a setting that may change when a run goes on, `steerable` one that may also change while it
    trains; the others define the run.
    """
    return field(default=default, metadata={"help": help, **facts})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """All that determines a run, apart from where it is kept. Raises UserError for a value that cannot work."""

    data: str = knob("avatars", "data set: a name from `list`, a folder or a zip of pictures")
    arch: str = knob("stylegan-lite", "network pair: a name from `list`")
    resolution: int = knob(64, "side of the pictures in pixels; 1 for points", least=1, most=1024)
    limit: int = knob(0, "use this many pictures of the data set; 0 = all", least=0)
    kimg: float = knob(200.0, "stop after this many thousand real pictures", least=0.001, steerable=True)
    batch: int = knob(32, "pictures a step, over all devices", least=2, most=2**20)
    seed: int = knob(0, "decides the initial weights, the order of pictures and every latent", least=0, most=2**63 - 1)
    loss: str = knob("non-saturating", "adversarial loss: a name from `list`")
    real_target: float = knob(
        1.0, "D's target for real pictures; 0.9 = one-sided label smoothing", above=0.5, most=1, steerable=True
    )
    lr: float = knob(2e-3, "Adam's learning rate, both players", above=0, steerable=True)
    d_lr: float = knob(0.0, "D's own learning rate (TTUR); 0 = --lr", least=0, steerable=True)
    lr_decay: float = knob(0.0, "share of the run, at its end, over which the rates fall to 0", least=0, most=1)
    d_steps: int = knob(1, "steps of D for one of G (n_critic)", least=1, most=100)
    beta1: float = knob(0.0, "Adam's beta1", least=0, below=1)
    beta2: float = knob(0.99, "Adam's beta2", least=0, below=1)
    penalty: str = knob("r1", "what regularises D: a name from `list`")
    r1_gamma: float = knob(0.3, "weight of the R1 penalty; 0 = off", least=0, steerable=True)
    r1_every: int = knob(16, "steps from one R1 penalty to the next", least=1)
    gp_weight: float = knob(10.0, "weight of the gradient penalty", least=0, steerable=True)
    clip: float = knob(0.01, "D's weights stay within this (--penalty clip)", above=0)
    d_norm: str = knob("", "normalisation in D (mlp, dcgan); the default is the architecture's own", choices=NORMS)
    spectral_norm: bool = knob(False, "divide D's weights by their largest singular value (mlp, dcgan)")
    minibatch_stddev: bool = knob(False, "tell D how much a batch varies (mlp, dcgan; stylegan-lite always does)")
    pack: int = knob(1, "pictures that D judges together (PacGAN)", least=1, most=8)
    instance_noise: float = knob(0.0, "noise on all that D sees, falling to 0 at the end", least=0, steerable=True)
    path_length: float = knob(0.0, "weight of path length regularisation (stylegan-lite); 0 = off", least=0)
    style_mixing: float = knob(0.5, "share of pictures made from two latents (style-based generators)", least=0, most=1)
    mirror: bool = knob(False, "show each picture mirrored half of the time", steerable=True)
    augment: str = knob("", "random changes of all that D sees, for little data: names from `list`", steerable=True)
    ada_target: float = knob(
        0.0, "augment only as much as keeps D this sure of real pictures (ADA); 0 = always", least=0, below=1
    )
    conditional: bool = knob(False, "learn the data set's classes")
    prior: str = knob("normal", "distribution of z (mlp, dcgan, vae)", choices=("normal", "uniform"))
    codes_categorical: int = knob(0, "values of InfoGAN's categorical code (mlp, dcgan); 0 = none", least=0, most=1000)
    codes_continuous: int = knob(0, "number of InfoGAN's continuous codes (mlp, dcgan)", least=0, most=100)
    info_weight: float = knob(1.0, "weight of the codes' mutual information", least=0)
    kl_weight: float = knob(1.0, "weight of the divergence from the prior (vae)", least=0)
    z_dim: int = knob(128, "width of the latent space", least=1, most=2**14)
    width: int = knob(128, "channels: of the coarse levels (stylegan-lite), of the finest (dcgan)", least=1, most=2**14)
    fine_width: int = knob(
        0, "channels of the finest level (stylegan-lite); 0 = an eighth of --width", least=0, most=2**14
    )
    refine: bool = knob(False, "a second 3 x 3 convolution a level (stylegan-lite)")
    styles: str = knob("demodulate", "how w acts on a layer (stylegan-lite)", choices=("demodulate", "adain"))
    progressive: bool = knob(False, "begin with small pictures and grow (dcgan, stylegan-lite)")
    grow_kimg: float = knob(50.0, "thousand pictures to fade a size in, and as many before the next", above=0)
    ema_kimg: float = knob(10.0, "half-life of G's moving average, at most 5 % of the pictures seen; 0 = off", least=0)
    save_kimg: float = knob(10.0, "save state, snapshot and sample grid this often", least=0.001, steerable=True)
    keep_mb: float = knob(300.0, "disk space for earlier snapshots; the older are thinned out", least=0, steerable=True)
    diagnose: bool = knob(True, "judge G while it trains, where the data set is large enough", resumable=True)
    diagnose_kimg: float = knob(0.0, "judge this often; 0 = as 5 % of the time allow", least=0, steerable=True)
    threads: int = knob(0, "CPU threads; 0 = PyTorch's choice", least=0, most=1024, resumable=True)
    devices: int = knob(1, "accelerators or processes on each machine", least=1, most=1024)
    num_nodes: int = knob(1, "machines", least=1, most=1024)
    strategy: str = knob("auto", "how several devices work together (Lightning Fabric)", choices=STRATEGIES)
    precision: str = knob("32-true", "arithmetic (Lightning Fabric)", choices=PRECISIONS, resumable=True)

    def __post_init__(self) -> None:
        from trainer.networks import ARCHITECTURES
        from trainer.training.augment import augmentations  # these import torch, which `--help` has no time for
        from trainer.training.losses import LOSSES

        for f in fields(self):
            check_value(f, getattr(self, f.name))
        ARCHITECTURES[self.arch], LOSSES[self.loss], augmentations(self.augment)
        if self.limit == 1:
            raise UserError("--limit is 1; a GAN needs at least 2 pictures. 0 takes all of them.")
        if self.batch % self.processes or self.batch < 2 * self.processes:
            raise UserError(
                f"--batch is {self.batch} and does not give each of {self.processes} processes the same number of "
                "pictures, 2 or more. Choose a multiple."
            )
        if self.real_target < 1 and not LOSSES[self.loss].smoothable:
            raise UserError(f"--real-target {self.real_target} does not apply to --loss {self.loss}: it has no target.")
        check_family(self)

    @property
    def codes(self) -> list[int]:
        """InfoGAN's codes: values of the categorical one, number of continuous ones."""
        return [self.codes_categorical, self.codes_continuous]

    @property
    def total_images(self) -> int:
        return round(self.kimg * 1000)

    @property
    def processes(self) -> int:
        return self.devices * self.num_nodes


def check_family(config: TrainConfig) -> None:
    """Raise UserError for losses, penalties and stabilisers that make no sense together, with the reason."""
    from trainer.networks import ARCHITECTURES
    from trainer.training.regularizers import PENALTIES

    penalty, loss = PENALTIES[config.penalty], config.loss
    norm = config.d_norm or ARCHITECTURES[config.arch].d_norm
    slope = penalty.of is not None and penalty.weight(config) > 0
    wrong = {
        f"--penalty {config.penalty} belongs to --loss {' or '.join(penalty.losses)}, not {loss}": bool(
            penalty.losses and loss not in penalty.losses
        ),
        f"--loss {loss} needs a critic that is not steep: choose --penalty clip or gp, or --spectral-norm": (
            loss == "wasserstein" and not slope and config.penalty != "clip" and not config.spectral_norm
        ),
        f"--penalty {config.penalty} looks at each picture's own slope, which batch norm in D mixes with the others'; "
        "choose --d-norm instance or none": slope and norm == "batch",
        "--penalty clip and --spectral-norm bound the same weights twice; leave one of them out": (
            config.penalty == "clip" and config.spectral_norm
        ),
        f"--pack {config.pack} needs a --batch that is a multiple of {config.pack * config.processes}": (
            config.batch % (config.pack * config.processes) != 0
        ),
        "--pack and --conditional exclude each other: pictures packed together have several classes": (
            config.pack > 1 and config.conditional
        ),
        "--pack and InfoGAN's codes exclude each other: pictures packed together have several codes": (
            config.pack > 1 and any(config.codes)
        ),
        "--codes-categorical is 1; a code with a single value says nothing. Choose 0 or at least 2": (
            config.codes_categorical == 1
        ),
        f"--z-dim is {config.z_dim}, and the codes take {sum(config.codes)} of it; make it larger": (
            any(config.codes) and config.z_dim <= sum(config.codes)
        ),
        "--progressive and InfoGAN's codes use parameters that not every pass of D does, and several processes cannot "
        "share these; use one device": config.processes > 1 and (config.progressive or any(config.codes)),
        "--ada-target adapts how often --augment is applied; name augmentations, such as color,translation,cutout": (
            config.ada_target > 0 and not config.augment
        ),
    }
    for sentence, holds in wrong.items():
        if holds:
            raise UserError(sentence + ".")


def flag(name: str) -> str:
    """Field name -> its command line flag."""
    return "--" + name.replace("_", "-")


def check_value(f: Field, value: Any) -> None:
    """Raise UserError unless the value is of the field's type, finite and within its limits."""
    facts = f.metadata
    fits = isinstance(value, (int, float) if f.type is float else f.type)  # type: ignore[arg-type]
    if not fits or (isinstance(value, bool) and f.type is not bool):
        raise UserError(f"{flag(f.name)} is {value!r}; it must be {KINDS[f.type]}.")  # type: ignore[index]
    if f.type is float and not math.isfinite(value):
        raise UserError(f"{flag(f.name)} is {value}; it must be a finite number.")
    inside = {
        "least": lambda limit: value >= limit,
        "above": lambda limit: value > limit,
        "most": lambda limit: value <= limit,
        "below": lambda limit: value < limit,
    }
    limits = {name: facts[name] for name in LIMITS if name in facts}
    if not all(inside[name](limit) for name, limit in limits.items()):
        told = " and ".join(f"{LIMITS[name]} {limit}" for name, limit in limits.items())
        raise UserError(f"{flag(f.name)} is {value}; it must be {told}.")
    if "choices" in facts and value not in facts["choices"]:
        raise UserError(f"{flag(f.name)} is {value!r}. Choose from: {', '.join(facts['choices'])}.")


PRESETS: dict[str, dict[str, Any]] = {
    "dcgan": {
        "help": "DCGAN as published: Adam 2e-4, beta1 0.5, batch 128, no penalty",
        "arch": "dcgan", "batch": 128, "lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 100, "width": 64,
    },
    "mnist-dcgan": {
        "help": "the bundled digits: DCGAN on MNIST at 32 pixels",
        "like": "dcgan", "data": "mnist", "resolution": 32, "batch": 64, "width": 32, "kimg": 1500.0,
    },
    "mnist-exercise": {
        "help": "the textbooks' exercise: a small DCGAN on MNIST at 28 pixels, 50 epochs, label smoothing 0.9",
        "like": "dcgan", "data": "mnist", "resolution": 28, "batch": 64, "width": 32, "real_target": 0.9,
        "kimg": 3000.0, "save_kimg": 300.0, "ema_kimg": 0.0,
    },
    "mlp": {
        "help": "the original GAN: fully connected, the minimax game's non-saturating form",
        "arch": "mlp", "data": "mnist", "resolution": 28, "batch": 64, "lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 64, "width": 256, "kimg": 1000.0,
    },
    "points": {
        "help": "points in the plane: an MLP with the relativistic loss and R1 + R2, every mode in under a minute",
        "like": "mlp", "data": "ring8", "resolution": 1, "loss": "relativistic", "penalty": "r1r2", "r1_gamma": 0.005,
        "r1_every": 16, "batch": 128, "lr": 3e-3, "beta1": 0.0, "beta2": 0.99, "z_dim": 8, "width": 64, "kimg": 2500.0,
        "lr_decay": 0.5, "ema_kimg": 20.0, "save_kimg": 25.0,
    },
    "infogan": {
        "help": "InfoGAN on MNIST: a categorical and two continuous codes that the network has to find meanings for",
        "like": "mnist-dcgan", "codes_categorical": 10, "codes_continuous": 2, "z_dim": 16, "info_weight": 2.0,
        "lr": 1e-3, "d_lr": 2e-4, "kimg": 800.0,
    },
    "wgan-gp": {
        "help": "Wasserstein GAN with gradient penalty on MNIST: five steps of the critic for one of G",
        "like": "mnist-dcgan", "loss": "wasserstein", "penalty": "gp", "d_norm": "instance", "d_steps": 5,
        "lr": 1e-4, "beta1": 0.0, "beta2": 0.9, "kimg": 1000.0,
    },
    "r3gan": {
        "help": "R3GAN's recipe on DCGAN's networks: relativistic loss, R1 + R2, no batch norm in D",
        "like": "mnist-dcgan", "loss": "relativistic", "penalty": "r1r2", "r1_gamma": 1.0, "r1_every": 4,
        "d_norm": "none", "beta1": 0.0, "beta2": 0.9,
    },
    "vae": {
        "help": "the variational autoencoder that the texts compare with, on MNIST: blurrier, and it covers more",
        "arch": "vae", "data": "mnist", "resolution": 32, "batch": 64, "lr": 1e-3, "beta1": 0.9, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 16, "width": 32, "kl_weight": 4.0,
        "kimg": 600.0,
    },
    "stylegan-lite": {
        "help": "StyleGAN-lite for a CPU: non-saturating, lazy R1, style mixing, EMA",
        "arch": "stylegan-lite",
    },
    "avatars-stylegan": {
        "help": "the bundled faces: StyleGAN-lite on avatars at 64 pixels",
        "like": "stylegan-lite", "data": "avatars", "resolution": 64, "kimg": 1000.0, "r1_gamma": 3.0,
    },
    "stylegan-lite-256": {
        "help": "StyleGAN-lite for a GPU: 256 pixels, 512 channels, two convolutions a level, bf16",
        "like": "stylegan-lite", "resolution": 256, "z_dim": 512, "width": 512, "fine_width": 32,
        "refine": True, "r1_gamma": 1.0, "kimg": 5000.0, "precision": "bf16-mixed",
    },
}  # fmt: skip


def preset(name: str) -> dict[str, Any]:
    """The settings of a preset, those of the one it is `like` included."""
    if name not in PRESETS:
        raise UserError(f"Unknown preset {name!r}. Choose from: {', '.join(sorted(PRESETS))}.")
    settings = dict(PRESETS[name])
    settings.pop("help")
    like = settings.pop("like", None)
    return {**(preset(like) if like else {}), **settings}


def default_preset(arch: str) -> dict[str, Any]:
    """The settings an architecture wants where the user says nothing."""
    return preset(arch) if arch in PRESETS else {}


def add_knobs(parser: ArgumentParser) -> None:
    """One flag a field. Absent flags stay absent from the namespace, so that presets can fill them."""
    for f in fields(TrainConfig):
        choices = f": {', '.join(f.metadata['choices'])}" if "choices" in f.metadata else ""
        text = f"{f.metadata['help']}{choices} [{f.default}]".replace("%", "%%")  # argparse formats it
        if f.type is bool:
            parser.add_argument(flag(f.name), action=BooleanOptionalAction, default=None, help=text)
        else:
            kind: Any = f.type
            parser.add_argument(flag(f.name), type=kind, default=None, metavar=kind.__name__.upper(), help=text)


def config_from(
    given: dict[str, Any], preset_name: str | None = None, recorded: TrainConfig | None = None
) -> TrainConfig:
    """Flags over preset over the architecture's own preset over defaults. None means not given.

    Of a run that exists already, the `recorded` settings stand for all below the preset.

    Raises UserError for a preset that was made for another architecture than the one given.
    """
    known = {f.name for f in fields(TrainConfig)}
    chosen = {name: value for name, value in given.items() if name in known and value is not None}
    base = preset(preset_name) if preset_name else {}
    below = asdict(recorded) if recorded else {}
    arch = chosen.get("arch", base.get("arch", below.get("arch", TrainConfig.arch)))
    if base.get("arch", arch) != arch:
        raise UserError(f"--preset {preset_name} is for --arch {base['arch']}, not {arch}. Leave one of the two out.")
    return TrainConfig(**{**(below or default_preset(arch)), **base, **chosen})


STEERABLE = [f.name for f in fields(TrainConfig) if f.metadata.get("steerable")]
DEFINING = [f.name for f in fields(TrainConfig) if not (f.metadata.get("steerable") or f.metadata.get("resumable"))]


def differences(old: TrainConfig, new: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """Settings that define the run and differ: name -> (old, new)."""
    return {name: pair for name, pair in changes(old, new).items() if name in DEFINING}


def changes(old: TrainConfig, new: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """All settings that differ: name -> (old, new)."""
    a, b = asdict(old), asdict(new)
    return {name: (a[name], b[name]) for name in a if a[name] != b[name]}


def steered(config: TrainConfig, wanted: dict[str, Any]) -> TrainConfig:
    """The config with other values of steerable settings. Raises UserError for any other, and for impossible values."""
    fixed = sorted(set(wanted) - set(STEERABLE))
    if fixed or not wanted:
        names = ", ".join(map(flag, STEERABLE))
        found = f"{flag(fixed[0])} cannot be changed while a run trains" if fixed else "There is nothing to change"
        way = " A branch may change most others: `python -m trainer branch`." if fixed else ""
        raise UserError(f"{found}. What can be changed: {names}.{way}")
    return replace(config, **wanted)


def config_from_record(record: dict[str, Any]) -> TrainConfig:
    """A saved record -> config; what it lacks has its default. Raises UserError for fields unknown to this version."""
    known = {f.name for f in fields(TrainConfig)}
    unknown = sorted(set(record) - known)
    if unknown:
        raise UserError(f"The saved run has settings that this version does not know: {', '.join(unknown)}.")
    return TrainConfig(**record)
