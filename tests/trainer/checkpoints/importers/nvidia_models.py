"""NVIDIA's StyleGAN2 written anew from the papers (Karras et al. 2020), and its pickles.

Only names, shapes and the order of operations are NVIDIA's. Resampling is done in the plain way, by zeros between the
pixels, a border and a filter, which no code of ours does. Whatever unpickles one of these files runs `reconstruct`.
"""

import math
import pickle
import sys
import types

import torch
import torch.nn.functional as F
from torch import nn

GAIN = math.sqrt(2)
SOURCE = "raise RuntimeError('the source in a pickle was run')"


class EasyDict(dict):
    """A dict with attributes, as dnnlib has it."""


def reconstruct(meta):
    raise RuntimeError("a pickle was run")


def plant(module, name, thing):
    """Make a thing importable where NVIDIA's pickles look for it: pickling asks for that."""
    parent = ""
    for part in module.split("."):
        parent = f"{parent}.{part}".strip(".")
        sys.modules.setdefault(parent, types.ModuleType(parent))
    thing.__module__, thing.__qualname__, thing.__name__ = module, name, name
    setattr(sys.modules[module], name, thing)


plant("dnnlib.util", "EasyDict", EasyDict)
plant("torch_utils.persistence", "_reconstruct_persistent_obj", reconstruct)


class Persistent(nn.Module):
    """A module that is pickled with its source."""

    def __reduce__(self):
        name = getattr(self, "class_name", type(self).__name__)
        meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": name, "state": self.__dict__}
        return reconstruct, (meta,)


def kernel(taps):
    taps = torch.tensor(taps, dtype=torch.float32)
    return torch.outer(taps, taps) / taps.sum() ** 2


def resampled(x, f, up=1, down=1, pad=(0, 0)):
    """Zeros between the pixels, a border, the filter at the strength that makes up for the zeros, and fewer pixels."""
    n, c, h, w = x.shape
    spread = x.new_zeros(n, c, h * up, w * up)
    spread[..., ::up, ::up] = x
    spread = F.pad(spread, [*pad, *pad])
    return F.conv2d(spread, (f * up**2).flip(0, 1).expand(c, 1, *f.shape), groups=c)[..., ::down, ::down]


class FullyConnectedLayer(Persistent):
    def __init__(self, n_in, n_out, activation="linear", lr_multiplier=1.0, bias_init=0.0):
        super().__init__()
        self.activation = activation
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / lr_multiplier)
        self.bias = nn.Parameter(torch.full([n_out], float(bias_init)))
        self.weight_gain, self.bias_gain = lr_multiplier / math.sqrt(n_in), lr_multiplier

    def forward(self, x):
        x = x @ (self.weight * self.weight_gain).T + self.bias * self.bias_gain
        return F.leaky_relu(x, 0.2) * GAIN if self.activation == "lrelu" else x


def second_moment(x):
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


class MappingNetwork(Persistent):
    def __init__(self, z_dim, c_dim, w_dim, num_ws, num_layers=8, lr_multiplier=0.01):
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.num_ws, self.num_layers = z_dim, c_dim, w_dim, num_ws, num_layers
        if c_dim:
            self.embed = FullyConnectedLayer(c_dim, w_dim)
        sizes = [z_dim + (w_dim if c_dim else 0)] + [w_dim] * num_layers
        for k in range(num_layers):
            layer = FullyConnectedLayer(sizes[k], sizes[k + 1], activation="lrelu", lr_multiplier=lr_multiplier)
            setattr(self, f"fc{k}", layer)
        if num_ws is not None:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z, c, truncation_psi=1.0):
        x = second_moment(z) if self.z_dim else None
        if self.c_dim:
            y = second_moment(self.embed(c))
            x = y if x is None else torch.cat([x, y], 1)
        for k in range(self.num_layers):
            x = getattr(self, f"fc{k}")(x)
        if self.num_ws is not None:
            x = self.w_avg + truncation_psi * (x - self.w_avg)
            x = x[:, None].repeat(1, self.num_ws, 1)
        return x


def modulated(x, weight, styles, up, f, demodulate=True):
    """A convolution with weights of its own for each image."""
    n, c_out = len(x), len(weight)
    w = weight[None] * styles[:, None, :, None, None]
    if demodulate:
        w = w / (w.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    if up == 2:
        x, w = resampled(x, f, up=2, pad=(3, 2)), w.flip(3, 4)
        pad = 0
    else:
        pad = weight.shape[-1] // 2
    x = F.conv2d(x.flatten(0, 1)[None], w.flatten(0, 1), padding=pad, groups=n)
    return x.unflatten(1, (n, c_out))[0]


class SynthesisLayer(Persistent):
    def __init__(self, c_in, c_out, w_dim, resolution, up=1, **options):
        super().__init__()
        self.up, self.resolution, self.activation = up, resolution, "lrelu"
        self.use_noise, self.conv_clamp = options.get("use_noise", True), options.get("conv_clamp")
        self.register_buffer("resample_filter", kernel((1, 3, 3, 1)))
        self.affine = FullyConnectedLayer(w_dim, c_in, bias_init=1)
        self.weight = nn.Parameter(torch.randn(c_out, c_in, 3, 3))
        if self.use_noise:
            self.register_buffer("noise_const", torch.randn(resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(c_out))

    def forward(self, x, w, noise_mode):
        x = modulated(x, self.weight, self.affine(w), self.up, self.resample_filter)
        if self.use_noise and noise_mode == "const":
            x = x + self.noise_const * self.noise_strength
        x = F.leaky_relu(x + self.bias[:, None, None], 0.2) * GAIN
        return x if self.conv_clamp is None else x.clamp(-self.conv_clamp, self.conv_clamp)


class ToRGBLayer(Persistent):
    def __init__(self, c_in, channels, w_dim, conv_clamp=None):
        super().__init__()
        self.conv_clamp = conv_clamp
        self.affine = FullyConnectedLayer(w_dim, c_in, bias_init=1)
        self.weight = nn.Parameter(torch.randn(channels, c_in, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.weight_gain = 1 / math.sqrt(c_in)

    def forward(self, x, w):
        x = modulated(x, self.weight, self.affine(w) * self.weight_gain, 1, None, demodulate=False)
        x = x + self.bias[:, None, None]
        return x if self.conv_clamp is None else x.clamp(-self.conv_clamp, self.conv_clamp)


class SynthesisBlock(Persistent):
    def __init__(self, c_in, c_out, w_dim, resolution, channels, **layer):
        super().__init__()
        self.in_channels, self.architecture = c_in, "skip"
        self.register_buffer("resample_filter", kernel((1, 3, 3, 1)))
        if c_in == 0:
            self.const = nn.Parameter(torch.randn(c_out, resolution, resolution))
        else:
            self.conv0 = SynthesisLayer(c_in, c_out, w_dim, resolution, up=2, **layer)
        self.conv1 = SynthesisLayer(c_out, c_out, w_dim, resolution, **layer)
        self.torgb = ToRGBLayer(c_out, channels, w_dim, conv_clamp=layer.get("conv_clamp"))

    def forward(self, x, image, ws, noise_mode):
        ws = [*ws]
        if self.in_channels == 0:
            x = self.const[None].repeat(len(ws[0]), 1, 1, 1)
        else:
            x = self.conv0(x, ws.pop(0), noise_mode)
            image = resampled(image, self.resample_filter, up=2, pad=(2, 1))
        x = self.conv1(x, ws.pop(0), noise_mode)
        rgb = self.torgb(x, ws.pop(0))
        return x, rgb if image is None else image + rgb


class SynthesisNetwork(Persistent):
    def __init__(self, w_dim, resolution, channels, channel_base=32768, channel_max=512, **layer):
        super().__init__()
        self.sides = [4 << k for k in range(resolution.bit_length() - 2)]
        table = {side: min(channel_base // side, channel_max) for side in self.sides}
        for side in self.sides:
            block = SynthesisBlock(table.get(side // 2, 0), table[side], w_dim, side, channels, **layer)
            setattr(self, f"b{side}", block)
        self.num_ws = 2 * len(self.sides)

    def forward(self, ws, noise_mode):
        x = image = None
        start = 0
        for side in self.sides:
            convs = 1 if side == 4 else 2
            layers = ws[:, start : start + convs + 1].unbind(1)
            x, image = getattr(self, f"b{side}")(x, image, layers, noise_mode)
            start += convs
        return image


class Generator(Persistent):
    def __init__(self, z_dim, c_dim, w_dim, resolution, channels, mapping=None, **synthesis):
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim = z_dim, c_dim, w_dim
        self.img_resolution, self.img_channels = resolution, channels
        self.synthesis = SynthesisNetwork(w_dim, resolution, channels, **synthesis)
        self.num_ws = self.synthesis.num_ws
        self.mapping = MappingNetwork(z_dim, c_dim, w_dim, self.num_ws, **(mapping or {}))

    def forward(self, z, c, truncation_psi=1.0, noise_mode="const"):
        return self.synthesis(self.mapping(z, c, truncation_psi), noise_mode)


@torch.no_grad()
def generator(resolution=16, z_dim=8, w_dim=8, c_dim=0, channels=3, seed=0, **options):
    """A generator with random weights in all places, those that begin as zeros too; its images have contrast."""
    torch.manual_seed(seed)
    table = {"channel_base": 16 * resolution, "channel_max": 24} | options
    made = Generator(z_dim, c_dim, w_dim, resolution, channels, **table)
    for name, tensor in made.state_dict().items():
        if name.endswith(("bias", "noise_strength", "w_avg")):
            tensor += 0.3 * torch.randn(tensor.shape)
    return made.eval().requires_grad_(False)


def snapshot(path, g, protocol=4, **networks):
    """A pickle as NVIDIA's training loop writes it."""
    kwargs = EasyDict(class_name="training.dataset.ImageFolderDataset", path="/data/x.zip", use_labels=False)
    with path.open("wb") as file:
        pickle.dump({"training_set_kwargs": kwargs, "G_ema": g} | networks, file, protocol=protocol)
    return path
