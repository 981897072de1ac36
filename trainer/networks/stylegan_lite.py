"""StyleGAN-lite: StyleGAN2's generator (Karras et al. 2020) at a width that a CPU can train and a page can run.

Layer for layer it is StyleGAN2: the same modulation, blur, noise, skip-to-RGB and numbering of ws. `convs_per_block=2`
adds the second convolution of each level, which makes the full StyleGAN2 generator.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.networks.architecture import ARCHITECTURES, Architecture
from trainer.networks.base import LARGE, Discriminator, Generator
from trainer.networks.layers import (
    LRELU_GAIN,
    EqualConv,
    EqualLinear,
    binomial_filter,
    filter_up,
    lrelu,
    minibatch_stddev,
)
from trainer.networks.styled import Mapping, Palette, StyledConv, ToRgb
from trainer.util.errors import UserError


def sizes(resolution: int) -> list[int]:
    """The sides of all levels, 4 up to the resolution."""
    levels = resolution.bit_length() - 2
    if not 8 <= resolution <= 1024 or 2 << levels != resolution:
        raise UserError(
            f"stylegan-lite cannot generate {resolution} x {resolution} images. "
            "Choose --resolution 8, 16, 32, 64, 128, 256, 512 or 1024.",
            field="resolution",
        )
    return [4 << k for k in range(levels)]


def widths_at(sides: list[int], width: int, min_channels: int) -> list[int]:
    """Channels of each level: `width`, but at most `min_channels` at the finest and twice that a level before."""
    return [min(width, (min_channels or max(1, width // 8)) * sides[-1] // side) for side in sides]


class StyleGanGenerator(Generator):
    """A learned constant, one styled up-convolution a level, each level adding to the running image.

    With `progressive`, `grown` is the depth: how many doublings are in use, the newest by its fraction, alpha. The
    image is enlarged to full size. Imported generators may bring a `w_dim` of their own (0: that of z), limits of their
    activations (`conv_clamp`, 0: none) and the noise inputs that all images share (`noise_const`).

    With `palette`, the levels add up to scores of so many colours instead of to an image; each pixel mixes the colours
    by the softmax of its scores. The last w chooses the colours. An area of one colour, as drawings have them, then
    asks for one score far ahead of the others; as a sum of levels it has to be hit pixel by pixel.
    """

    taps: Tensor
    grown: Tensor

    def __init__(
        self,
        resolution: int,
        channels: int,
        z_dim: int = 128,
        width: int = 128,
        min_channels: int = 0,
        num_classes: int = 0,
        mapping_layers: int = 3,
        convs_per_block: int = 1,
        styles: str = "demodulate",
        progressive: bool = False,
        w_dim: int = 0,
        conv_clamp: int = 0,
        noise_const: bool = False,
        noise_inputs: bool = True,
        palette: int = 0,
    ):
        super().__init__()
        self.resolution, self.channels, self.z_dim, self.w_dim = resolution, channels, z_dim, w_dim or z_dim
        self.num_classes = num_classes
        sides = sizes(resolution)
        widths = widths_at(sides, width, min_channels)
        self.mapping = Mapping(z_dim, self.w_dim, num_classes, mapping_layers)
        self.constant = nn.Parameter(torch.randn(1, widths[0], 4, 4))

        kind: Any = {"adain": styles == "adain", "conv_clamp": conv_clamp, "noise": noise_inputs}
        convs = [StyledConv(widths[0], widths[0], self.w_dim, **kind)]
        noise_sizes = [4]
        for side, c_in, c_out in zip(sides[1:], widths, widths[1:], strict=False):
            convs.append(StyledConv(c_in, c_out, self.w_dim, up=True, **kind))
            convs += [StyledConv(c_out, c_out, self.w_dim, **kind) for _ in range(convs_per_block - 1)]
            noise_sizes += [side] * convs_per_block
        self.convs: Any = nn.ModuleList(convs)
        self.to_rgb: Any = nn.ModuleList(ToRgb(c, palette or channels, self.w_dim, conv_clamp) for c in widths)
        self.palette = Palette(self.w_dim, palette, channels) if palette else None
        self.convs_per_block = convs_per_block
        self.noise_sizes, self.draft_sides = tuple(noise_sizes if noise_inputs else ()), tuple(sides[:-1])
        self.feature_sides = tuple(sides)
        self.pass_size = 1 if resolution >= LARGE else self.pass_size
        self.num_ws = len(convs) + 1  # the last one is read by the last to_rgb alone, as in StyleGAN2
        self.register_buffer("w_avg", torch.zeros(self.w_dim))
        self.register_buffer("taps", binomial_filter(palette or channels), persistent=False)
        self.levels, self.progressive = len(sides) - 1, progressive
        if progressive:
            self.register_buffer("grown", torch.zeros(()))
        self.noise_const = nn.Module()
        for i, side in enumerate(noise_sizes if noise_const else ()):
            self.noise_const.register_buffer(f"layer{i}", torch.zeros(1, 1, side, side))

    def fixed_noise(self) -> list[Tensor]:
        """Noise inputs that all images share: those that came with the weights, else as for any generator."""
        return [*self.noise_const.buffers()] or super().fixed_noise()

    def map(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z [N, z_dim], labels [N] or None -> ws [N, num_ws, w_dim]; in training the mean w follows."""
        w = self.mapping(z, label)
        if self.training:
            self.w_avg.copy_(w.detach().float().mean(0).lerp(self.w_avg, 0.998))
        result: Tensor = w[:, None].expand(-1, self.num_ws, -1)
        return result

    def synthesize(self, ws: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """ws [N, num_ws, w_dim], noise maps [N, 1, H, W] a layer or None -> images [N, C, H, W], about [-1, 1]."""
        return self.draft(ws, noise, self.resolution)

    def draft(self, ws: Tensor, noise: Sequence[Tensor] | None, side: int) -> Tensor:
        """`synthesize`, ended at the level of `side` pixels: what the finer ones have not refined yet."""
        image = ws
        for _, image_here in self.through(ws, noise, side):
            image = image_here
        return self.finished(image, ws, side)

    def features_at(self, ws: Tensor, noise: Sequence[Tensor] | None, side: int) -> tuple[Tensor, Tensor]:
        """What a level hands to the next and the images, [N, width, side, side] and [N, C, H, W]: see `Generator`."""
        features = image = ws
        for x, image_here in self.through(ws, noise, self.resolution):
            features, image = x if x.shape[-1] <= side else features, image_here
        return features, self.finished(image, ws, self.resolution)

    def through(self, ws: Tensor, noise: Sequence[Tensor] | None, side: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Each level up to that of `side` pixels, as far as the network has grown: its activations and its image.

        Where there is a palette, the image is that of its scores, [N, colours, H, W].
        """
        inputs: Sequence[Tensor | None] = noise or [None] * len(self.convs)
        x = self.constant.expand(ws.shape[0], -1, -1, -1)  # [N, widths[0], 4, 4]
        x = self.convs[0](x, ws[:, 0], inputs[0])
        image = self.to_rgb[0](x, ws[:, 1])  # [N, channels or colours, 4, 4]
        yield x, image
        layer = 1
        depth = float(self.grown) if self.progressive else float(self.levels)
        for level, to_rgb in enumerate(self.to_rgb[1 : side.bit_length() - 2]):
            if depth <= level:
                return
            for _ in range(self.convs_per_block):
                x = self.convs[layer](x, ws[:, layer], inputs[layer])  # [N, width, 2H, 2W]
                layer += 1
            finer = filter_up(image, self.taps) + to_rgb(x, ws[:, layer])
            alpha = min(1.0, depth - level)
            image = finer if alpha == 1 else F.interpolate(image, scale_factor=2.0).lerp(finer, alpha)
            yield x, image

    def finished(self, image: Tensor, ws: Tensor, side: int) -> Tensor:
        """What the levels add up to, [N, channels or colours, H, W] -> images [N, channels, side, side]."""
        if self.palette is not None:
            image = self.palette(image, ws[:, -1])
        return image if image.shape[-1] == side else F.interpolate(image, size=side)

    @torch.no_grad()
    def begin_with_half(self, weights: dict[str, Tensor]) -> None:
        """Take over the weights of a generator of half the size: at first the images are its own, enlarged."""
        self.load_state_dict({**self.state_dict(), **weights})
        self.to_rgb[-1].conv.weight.zero_()

    def style_matrices(self) -> list[Tensor]:
        """For each layer the weights that turn w into styles, [channels, w_dim]: what SeFa factorises."""
        affines = [[conv.affine.weight] for conv in self.convs] + [[]]
        for level, to_rgb in enumerate(self.to_rgb):
            affines[1 + level * self.convs_per_block].append(to_rgb.conv.affine.weight)
        if self.palette is not None:
            affines[-1].append(self.palette.affine.weight)
        return [torch.cat(weights) for weights in affines]  # each [*, w_dim]


class ResidualDown(nn.Module):
    """Halve the size: a strided 4 x 4 convolution (with `refined`, a 3 x 3 before it) beside an averaged 1 x 1 skip."""

    def __init__(self, c_in: int, c_out: int, refined: bool):
        super().__init__()
        self.conv = EqualConv(c_in, c_in, 3) if refined else None
        self.down = EqualConv(c_in, c_out, 4, stride=2)
        self.skip = EqualConv(c_in, c_out, 1, bias=False, gain=1)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c_in, H, W] -> [N, c_out, H / 2, W / 2]."""
        y = x if self.conv is None else lrelu(self.conv(x))
        y = lrelu(self.down(y))  # [N, c_out, H/2, W/2]
        result: Tensor = (y + self.skip(F.avg_pool2d(x, 2))) * math.sqrt(0.5)
        return result


class StyleGanDiscriminator(Discriminator):
    """Residual, equalised, without batch norm; minibatch standard deviation before the last layers."""

    grown: Tensor

    def __init__(
        self,
        resolution: int,
        channels: int,
        width: int = 128,
        min_channels: int = 0,
        num_classes: int = 0,
        convs_per_block: int = 1,
        d_convs_per_block: int = 0,
        pac_size: int = 1,
        progressive: bool = False,
    ):
        refined = (d_convs_per_block or convs_per_block) > 1
        widths = widths_at(sizes(resolution), width, min_channels)[::-1]
        super().__init__(widths[-1], num_classes, EqualLinear(widths[-1], 1), pac_size=pac_size)
        self.from_rgb = EqualConv(channels * pac_size, widths[0], 1)
        self.blocks = nn.Sequential(*(ResidualDown(a, b, refined) for a, b in pairwise(widths)))
        self.last_conv = EqualConv(widths[-1] + 1, widths[-1], 3)
        self.last_linear = EqualLinear(widths[-1] * 16, widths[-1], gain=LRELU_GAIN)
        self.levels, self.progressive = len(widths) - 1, progressive
        if progressive:  # for images of each smaller size
            self.coarse: Any = nn.ModuleList(EqualConv(channels * pac_size, c, 1) for c in widths[1:])
            self.register_buffer("grown", torch.zeros(()))

    def features(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] -> [N, widths[-1]], what the head reads."""
        if self.progressive and float(self.grown) < self.levels:
            x = self.growing(images, float(self.grown))
        else:
            x = self.blocks(lrelu(self.from_rgb(images)))  # [N, widths[-1], 4, 4]
        x = lrelu(self.last_conv(minibatch_stddev(x)))
        return lrelu(self.last_linear(x.flatten(1)))  # [N, widths[-1]]

    def begin_with_half(self, weights: dict[str, Tensor]) -> None:
        """Take over the weights of a discriminator of half the size; the finest block and what sees colours are new."""
        found = {}
        for name, weight in weights.items():
            part, *rest = name.split(".")
            if part == "blocks":  # counted from the finest
                rest[0] = str(int(rest[0]) + 1)
            if part != "from_rgb":
                found[".".join([part, *rest])] = weight
        self.load_state_dict({**self.state_dict(), **found})

    def growing(self, images: Tensor, depth: float) -> Tensor:
        """Images at the size in use -> [N, widths[-1], 4, 4]; the newest block faded in beside a coarser look."""
        skipped = self.levels - math.ceil(depth)  # blocks that are not in use
        x = F.avg_pool2d(images, 2**skipped)
        if not depth:
            return lrelu(self.coarse[-1](x))
        small = lrelu(self.coarse[skipped](F.avg_pool2d(x, 2)))
        look = self.coarse[skipped - 1] if skipped else self.from_rgb
        new = self.blocks[skipped](lrelu(look(x)))
        result: Tensor = self.blocks[skipped + 1 :](small.lerp(new, depth - math.ceil(depth) + 1))
        return result


ARCHITECTURES["stylegan-lite"] = Architecture(
    "mapping network, modulated convolutions, noise, skip connections to RGB; 8 pixels and up (Karras et al. 2020)",
    StyleGanGenerator,
    StyleGanDiscriminator,
)
