"""Under which conditions an option has an effect, by the names that options say them with."""

from trainer.training.options import Where

GAN = Where("GANs", ("arch",), lambda architecture: architecture.method == "gan")
ADVERSARIAL = Where("adversarial networks", ("arch",), lambda architecture: architecture.adversarial)
PAIRED = Where("paired translators", ("arch",), lambda architecture: architecture.method in ("pix2pix", "bicycle"))
RESTORING = Where("inpainting, srgan", ("arch",), lambda architecture: architecture.method in ("inpainting", "srgan"))
SRGAN = Where("srgan", ("arch",), lambda architecture: architecture.method == "srgan")
UNPAIRED = Where("unpaired translators", ("arch",), lambda architecture: architecture.method == "cyclegan")
STYLED = Where("BicycleGAN", ("arch",), lambda architecture: architecture.method == "bicycle")
ENCODED = Where("VAEs and BicycleGAN", ("arch",), lambda architecture: architecture.method in ("vae", "bicycle"))
STYLE_BASED = Where("style-based generators", ("arch",), lambda architecture: architecture.style_based)
SMOOTHABLE = Where("losses with a target", ("loss",), lambda loss: loss.smoothable)
LAZY = Where("lazy penalties", ("penalty",), lambda penalty: penalty.lazy)
CODES = Where("with InfoGAN codes", ("codes_categorical", "codes_continuous"))
AUGMENTED = Where("--augment", ("augment",))
BALANCED = Where("--balance", ("balance",))
PROGRESSIVE = Where("--progressive", ("progressive",))
DIAGNOSED = Where("--diagnose", ("diagnose",))


def weight(name: str) -> Where:
    """The penalties that this option weighs."""
    return Where("depends on --penalty", ("penalty",), lambda penalty: penalty.knob == name)
