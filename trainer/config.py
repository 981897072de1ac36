"""One frozen dataclass is the command line, the training run and its saved record; presets are a table of overrides."""

from argparse import ArgumentParser, BooleanOptionalAction
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from trainer.errors import UserError
from trainer.losses import LOSSES
from trainer.networks import ARCHITECTURES


def knob(default: Any, help: str, *, resumable: bool = False) -> Any:
    """A setting with its one-line help. A resumable one may change when a run goes on; the others define the run."""
    return field(default=default, metadata={"help": help, "resumable": resumable})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """All that determines a run, apart from where it is kept."""

    data: str = knob("avatars", "data set: a name from `list`, a folder or a zip of pictures")
    arch: str = knob("stylegan-lite", "network pair: a name from `list`")
    resolution: int = knob(64, "side of the pictures in pixels")
    limit: int = knob(0, "use this many pictures of the data set; 0 = all")
    kimg: float = knob(200.0, "stop after this many thousand real pictures", resumable=True)
    batch: int = knob(32, "pictures a step, over all devices")
    seed: int = knob(0, "decides the initial weights, the order of pictures and every latent")
    loss: str = knob("non-saturating", "adversarial loss: a name from `list`")
    real_target: float = knob(1.0, "D's target for real pictures; 0.9 = one-sided label smoothing")
    lr: float = knob(2e-3, "Adam's learning rate, both players")
    beta1: float = knob(0.0, "Adam's beta1")
    beta2: float = knob(0.99, "Adam's beta2")
    r1_gamma: float = knob(0.3, "weight of the R1 penalty; 0 = off")
    r1_every: int = knob(16, "steps from one R1 penalty to the next")
    style_mixing: float = knob(0.5, "share of pictures made from two latents (style-based generators)")
    mirror: bool = knob(False, "show each picture mirrored half of the time")
    conditional: bool = knob(False, "learn the data set's classes")
    z_dim: int = knob(128, "width of the latent space")
    width: int = knob(128, "channels: of the coarse levels (stylegan-lite), of the finest (dcgan)")
    fine_width: int = knob(0, "channels of the finest level (stylegan-lite); 0 = an eighth of --width")
    refine: bool = knob(False, "a second 3 x 3 convolution a level (stylegan-lite)")
    ema_kimg: float = knob(10.0, "half-life of G's moving average, at most 5 % of the pictures seen so far; 0 = off")
    save_kimg: float = knob(10.0, "save the state and a sample grid this often", resumable=True)
    threads: int = knob(0, "CPU threads; 0 = PyTorch's choice", resumable=True)
    devices: int = knob(1, "accelerators or processes on each machine")
    num_nodes: int = knob(1, "machines")
    strategy: str = knob("auto", "Lightning Fabric's strategy, for example ddp")
    precision: str = knob("32-true", "Lightning Fabric's precision, for example bf16-mixed", resumable=True)

    def __post_init__(self) -> None:
        ARCHITECTURES[self.arch], LOSSES[self.loss]
        for name in ("resolution", "kimg", "batch", "lr", "r1_every", "z_dim", "width", "save_kimg", "devices", "num_nodes"):
            at_least(self, name, 0, above=True)
        for name in ("limit", "seed", "r1_gamma", "ema_kimg", "threads", "beta1", "beta2", "style_mixing"):
            at_least(self, name, 0)
        for name in ("beta1", "beta2"):
            if getattr(self, name) >= 1:
                raise UserError(f"{flag(name)} is {getattr(self, name)}; Adam needs a number below 1.")
        if self.batch < 2:
            raise UserError(f"--batch is {self.batch}; batch norm and minibatch deviation need at least 2 pictures.")
        if self.batch % (self.devices * self.num_nodes):
            raise UserError(f"--batch {self.batch} does not divide over {self.devices * self.num_nodes} processes.")
        if not 0.5 < self.real_target <= 1:
            raise UserError(f"--real-target is {self.real_target}; choose a number above 0.5 and up to 1.")
        if self.real_target < 1 and not LOSSES[self.loss].smoothable:
            raise UserError(f"--real-target {self.real_target} has no meaning for --loss {self.loss}: it has no target.")

    @property
    def total_images(self) -> int:
        return round(self.kimg * 1000)


def flag(name: str) -> str:
    """Field name -> its command line flag."""
    return "--" + name.replace("_", "-")


def at_least(config: TrainConfig, name: str, least: float, *, above: bool = False) -> None:
    """Raise UserError unless the field is a number >= least (with `above`: > least)."""
    value = getattr(config, name)
    if not (value > least if above else value >= least):
        raise UserError(f"{flag(name)} is {value}; it must be {'above' if above else 'at least'} {least}.")


PRESETS: dict[str, dict[str, Any]] = {
    "dcgan": {
        "help": "DCGAN as published: Adam 2e-4, beta1 0.5, batch 128, no penalty",
        "arch": "dcgan", "batch": 128, "lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 100, "width": 64,
    },
    "mnist-dcgan": {
        "help": "the bundled digits: DCGAN on MNIST at 32 pixels",
        "like": "dcgan", "data": "mnist", "resolution": 32, "batch": 64, "width": 32, "kimg": 1500.0,
    },
    "stylegan-lite": {
        "help": "StyleGAN-lite for a CPU: non-saturating, lazy R1, style mixing, EMA",
        "arch": "stylegan-lite",
    },
    "avatars-stylegan": {
        "help": "the bundled faces: StyleGAN-lite on avatars at 64 pixels",
        "like": "stylegan-lite", "data": "avatars", "resolution": 64, "kimg": 1000.0,
    },
    "stylegan-lite-256": {
        "help": "StyleGAN-lite for a GPU: 256 pixels, 512 channels, two convolutions a level, bf16",
        "like": "stylegan-lite", "resolution": 256, "z_dim": 512, "width": 512, "fine_width": 32, "refine": True, "r1_gamma": 1.0,
        "kimg": 5000.0, "precision": "bf16-mixed",
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
        text = f"{f.metadata['help']} [{f.default}]"
        if f.type is bool:
            parser.add_argument(flag(f.name), action=BooleanOptionalAction, default=None, help=text)
        else:
            parser.add_argument(flag(f.name), type=f.type, default=None, metavar=f.type.__name__.upper(), help=text)


def config_from(given: dict[str, Any], preset_name: str | None = None) -> TrainConfig:
    """Flags over preset over the architecture's own preset over defaults. None means not given."""
    known = {f.name for f in fields(TrainConfig)}
    chosen = {name: value for name, value in given.items() if name in known and value is not None}
    base = preset(preset_name) if preset_name else {}
    arch = chosen.get("arch", base.get("arch", TrainConfig.arch))
    if base.get("arch", arch) != arch:
        base = {}
    return TrainConfig(**{**default_preset(arch), **base, **chosen})


def differences(old: TrainConfig, new: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """Settings that define the run and differ: name -> (old, new)."""
    a, b = asdict(old), asdict(new)
    return {f.name: (a[f.name], b[f.name]) for f in fields(TrainConfig) if not f.metadata["resumable"] and a[f.name] != b[f.name]}


def config_from_record(record: dict[str, Any]) -> TrainConfig:
    """A saved record -> config. Raises UserError for fields that this version does not know."""
    known = {f.name for f in fields(TrainConfig)}
    unknown = sorted(set(record) - known)
    if unknown:
        raise UserError(f"The saved run has settings that this version does not know: {', '.join(unknown)}.")
    return replace(TrainConfig(), **record)
