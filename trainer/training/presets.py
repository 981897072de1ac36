"""Presets: settings that go together, each a table of what it changes."""

from typing import Any

from trainer.util.errors import UserError

PRESETS: dict[str, dict[str, Any]] = {
    "dcgan": {
        "help": "DCGAN as published: Adam 2e-4, beta1 0.5, batch 128, no penalty",
        "arch": "dcgan", "batch": 128, "lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 100, "width": 64,
    },
    "mnist-dcgan": {
        "help": "the bundled digits model: DCGAN on MNIST at 32 pixels",
        "like": "dcgan", "data": "mnist", "resolution": 32, "batch": 64, "width": 32, "kimg": 1500.0,
    },
    "mnist-exercise": {
        "help": "the DCGAN tutorial: a small DCGAN on MNIST at 28 pixels, 50 epochs, label smoothing 0.9",
        "like": "dcgan", "data": "mnist", "resolution": 28, "batch": 64, "width": 32, "label_smoothing": 0.1,
        "kimg": 3000.0, "save_kimg": 300.0, "ema_kimg": 0.0,
    },
    "mlp": {
        "help": "the original GAN: fully connected, non-saturating loss",
        "arch": "mlp", "data": "mnist", "resolution": 28, "batch": 64, "lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 64, "width": 256, "kimg": 1000.0,
    },
    "points": {
        "help": "2-D toy data: an MLP with the relativistic loss and R1 + R2 learns every mode in under a minute",
        "like": "mlp", "data": "ring8", "resolution": 1, "loss": "relativistic", "penalty": "r1r2", "r1_gamma": 0.005,
        "r1_every": 16, "batch": 128, "lr": 3e-3, "beta1": 0.0, "beta2": 0.99, "z_dim": 8, "width": 64, "kimg": 2500.0,
        "lr_decay": 0.5, "ema_kimg": 20.0, "save_kimg": 25.0,
    },
    "infogan": {
        "help": "InfoGAN on MNIST: one categorical and two continuous codes, learned without labels",
        "like": "mnist-dcgan", "codes_categorical": 10, "codes_continuous": 2, "z_dim": 16, "info_lambda": 2.0,
        "lr": 1e-3, "lr_d": 2e-4, "kimg": 800.0,
    },
    "wgan-gp": {
        "help": "Wasserstein GAN with gradient penalty on MNIST: five critic steps per G step",
        "like": "mnist-dcgan", "loss": "wasserstein", "penalty": "gp", "d_norm": "instance", "n_critic": 5,
        "lr": 1e-4, "beta1": 0.0, "beta2": 0.9, "kimg": 1000.0,
    },
    "r3gan": {
        "help": "R3GAN's loss on DCGAN's networks: relativistic, R1 + R2, no batch norm in D",
        "like": "mnist-dcgan", "loss": "relativistic", "penalty": "r1r2", "r1_gamma": 1.0, "r1_every": 4,
        "d_norm": "none", "beta1": 0.0, "beta2": 0.9,
    },
    "vae": {
        "help": "a variational autoencoder on MNIST for comparison: blurrier, drops no digit, many images between two",
        "arch": "vae", "data": "mnist", "resolution": 32, "batch": 64, "lr": 1e-3, "beta1": 0.9, "beta2": 0.999,
        "r1_gamma": 0.0, "style_mixing": 0.0, "z_dim": 16, "width": 32, "beta": 4.0,
        "kimg": 600.0,
    },
    "stylegan-lite": {
        "help": "StyleGAN-lite for a CPU: non-saturating, lazy R1, style mixing, EMA",
        "arch": "stylegan-lite",
    },
    "avatars-cpu": {
        "help": "faces within an hour of one CPU core: StyleGAN-lite with a palette, many small steps",
        "like": "stylegan-lite", "data": "avatars", "resolution": 64, "kimg": 200.0, "batch": 8, "r1_gamma": 1.0,
        "palette": 16, "noise_inputs": False,
    },
    "avatars-stylegan": {
        "help": "faces at 64 pixels, two convolutions a level: five minutes of a large GPU, many hours of a CPU",
        "like": "avatars-cpu", "convs_per_block": 2, "min_channels": 32, "kimg": 1000.0, "batch": 32, "r1_gamma": 0.5,
        "lr_decay": 0.3, "save_kimg": 50.0,
    },
    "avatars-stylegan-128": {
        "help": "faces at 128 pixels; may start from those at 64 (--start-from), whose networks it takes over",
        "like": "avatars-stylegan", "resolution": 128, "min_channels": 16, "r1_gamma": 1.0,
    },
    "pixel-faces": {
        "help": "faces of 16 x 16 pixels: StyleGAN-lite with a palette, an hour of one CPU core",
        "like": "avatars-cpu", "data": "pixel-faces", "resolution": 16, "convs_per_block": 2, "width": 96, "batch": 16,
        "r1_gamma": 0.3, "kimg": 1000.0, "lr_decay": 0.3,
    },
    "mnist-stylegan": {
        "help": "digits of StyleGAN-lite at 32 pixels, with a palette of four greys: an hour of one CPU core",
        "like": "stylegan-lite", "data": "mnist", "resolution": 32, "kimg": 740.0, "batch": 16, "r1_gamma": 1.0,
        "width": 96, "palette": 4, "noise_inputs": False, "lr_decay": 0.3,
    },
    "unet": {
        "help": "pix2pix for a CPU: a small U-Net, a critic of patches, L1 distance",
        "arch": "unet", "data": "avatar-pairs:lines", "batch": 16, "lr": 5e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "width": 24, "ema_kimg": 5.0, "lr_decay": 0.5,
    },
    "pix2pix-avatars": {
        "help": "pix2pix: faces of coloured line art, at 64 pixels",
        "like": "unet", "data": "avatar-pairs:lines", "resolution": 64, "width": 32, "kimg": 800.0,
    },
    "inpainting": {
        "help": "inpainting for a CPU: gated convolutions, box and brush masks, a critic of patches",
        "arch": "inpainting", "data": "avatars", "batch": 16, "lr": 5e-4, "beta1": 0.5, "beta2": 0.999, "loss": "hinge",
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "width": 24, "ema_kimg": 5.0, "lr_decay": 0.5,
        "adversarial_weight": 0.1, "feature_weight": 1.0,
    },
    "inpaint-avatars": {
        "help": "inpainting: what was rubbed out of a face, at 64 pixels",
        "like": "inpainting", "data": "avatars", "resolution": 64, "kimg": 160.0,
    },
    "srresnet": {
        "help": "SRGAN for a CPU: a small SRResNet, a critic of patches, L1 distance",
        "arch": "srresnet", "data": "avatars", "batch": 16, "lr": 5e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "width": 32, "ema_kimg": 5.0, "lr_decay": 0.5,
        "adversarial_weight": 0.05, "feature_weight": 1.0, "blocks": 6,
    },
    "sharpen-avatars": {
        "help": "SRGAN: faces of 16 pixels made four times as large",
        "like": "srresnet", "data": "avatars", "resolution": 64, "scale": 4, "kimg": 120.0,
    },
    "sharpen-avatars-256": {
        "help": "SRGAN: faces of 64 pixels made four times as large, learned from squares of 64 pixels",
        "like": "sharpen-avatars", "resolution": 256, "crop": 64, "limit": 4000,
    },
    "resnet-pair": {
        "help": "CycleGAN for a CPU: two small ResNets, two critics of patches, least squares, a pool of 50",
        "arch": "resnet-pair", "loss": "least-squares", "batch": 8, "lr": 4e-4, "beta1": 0.5, "beta2": 0.999,
        "penalty": "none", "r1_gamma": 0.0, "style_mixing": 0.0, "width": 16, "blocks": 3, "patch_levels": 2,
        "ema_kimg": 5.0, "lr_decay": 0.5,
    },
    "cycle-avatars": {
        "help": "CycleGAN: faces and zombies, two collections without pairs, at 32 pixels",
        "like": "resnet-pair", "data": "avatars", "data_a": "avatar-looks:zombies", "resolution": 32, "limit": 5000,
        "kimg": 150.0,
    },
    "cyclegan-256": {
        "help": "CycleGAN for a GPU: 256 pixels, nine blocks, patches of 70 pixels; for any --data-a and --data",
        "like": "resnet-pair", "resolution": 256, "width": 32, "blocks": 9, "patch_levels": 3,
        "kimg": 200.0, "mirror": True,
    },
    "styled-unet": {
        "help": "BicycleGAN for a CPU: a small U-Net with a style code of 8 numbers",
        "like": "unet", "arch": "styled-unet", "data": "avatar-pairs:parts", "loss": "least-squares", "z_dim": 8,
        "l1_weight": 10.0, "beta": 0.01,
    },
    "styles-avatars": {
        "help": "BicycleGAN: faces of part maps in any colours, at 64 pixels",
        "like": "styled-unet", "resolution": 64, "kimg": 800.0,
    },
    "stylegan-lite-256": {
        "help": "StyleGAN-lite for a GPU: 256 pixels, 512 channels, two convolutions per level, bf16",
        "like": "stylegan-lite", "resolution": 256, "z_dim": 512, "width": 512, "min_channels": 32,
        "convs_per_block": 2, "r1_gamma": 1.0, "kimg": 5000.0, "precision": "bf16-mixed",
    },
}  # fmt: skip


def preset(name: str) -> dict[str, Any]:
    """The settings of a preset, those of the one it is `like` included."""
    if name not in PRESETS:
        raise UserError(f"Unknown preset {name!r}. Choose from: {', '.join(sorted(PRESETS))}.", field="preset")
    settings = dict(PRESETS[name])
    settings.pop("help")
    like = settings.pop("like", None)
    return {**(preset(like) if like else {}), **settings}


def default_preset(arch: str) -> dict[str, Any]:
    """The settings an architecture wants where the user says nothing."""
    return preset(arch) if arch in PRESETS else {}
