"""StyleGAN2's discriminator as NVIDIA and rosinality wrote it: imported to score images, and not trained here.

Karras et al. 2020, figure 7; classes by projection on a mapped label, as in StyleGAN2-ADA (Karras et al. 2020b).
"""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from trainer.networks.architecture import CRITICS
from trainer.networks.base import Discriminator
from trainer.networks.layers import LRELU_GAIN, EqualConv, EqualLinear, binomial_filter, filter_down, lrelu
from trainer.networks.styled import Mapping, clamped
from trainer.networks.stylegan_lite import sizes, widths_at

FORMS = ("resnet", "skip", "orig")  # the paper's; the first is what everybody uses


class StyleGan2Discriminator(Discriminator):
    """Two convolutions a level, blurred before every second one; minibatch standard deviation before the last layers.

    That deviation mixes the images of a batch, so that a score belongs to an image beside those others. An image alone
    is a minibatch that does not vary: the deviation is its least value, 1e-4, for every image. Such scores can be
    compared with each other, and not with those of training, where minibatches vary.

    Args:
        form: of FORMS: a residual skip around each level, a look at the smaller image in each, or neither.
        conv_clamp: limit of what leaves a convolution, its gain included; 0 for none.
        group: images whose deviation is taken together; 0 for all of the batch.
        spread_maps: maps that the deviation is told in; 0 for none.
        label_dim, mapping_layers: of the mapping of labels, where there are classes.
    """

    taps: Tensor

    def __init__(
        self,
        resolution: int,
        channels: int,
        width: int,
        min_channels: int = 0,
        num_classes: int = 0,
        form: str = "resnet",
        conv_clamp: int = 0,
        group: int = 4,
        spread_maps: int = 1,
        label_dim: int = 0,
        mapping_layers: int = 8,
    ):
        widths = widths_at(sizes(resolution), width, min_channels)[::-1]
        if form not in FORMS:
            raise ValueError(f"form is {form!r:.40}")
        super().__init__(widths[-1], 0, EqualLinear(widths[-1], label_dim if num_classes else 1))
        self.limit, self.group, self.spread_maps = conv_clamp, group, spread_maps
        looks = widths if form == "skip" else widths[:1]
        self.from_rgb: Any = nn.ModuleList(EqualConv(channels, c, 1) for c in looks)
        self.blocks: Any = nn.ModuleList(DownBlock(a, b, form == "resnet", conv_clamp) for a, b in pairwise(widths))
        self.last_conv = EqualConv(widths[-1] + spread_maps, widths[-1], 3)
        self.last_linear = EqualLinear(widths[-1] * 16, widths[-1], gain=LRELU_GAIN)
        self.mapping = Mapping(0, label_dim, num_classes, mapping_layers) if num_classes else None
        self.register_buffer("taps", binomial_filter(channels), persistent=False)

    @property
    def conditional(self) -> bool:
        """Whether it asks for labels."""
        return self.mapping is not None

    def forward(self, images: Tensor, label: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1], labels [N] where there are classes -> logits [N]; high: real."""
        logits: Tensor = self.head(self.features(images))  # [N, 1] or [N, label_dim]
        if self.mapping is None:
            return logits.squeeze(1)
        mapped = self.mapping(images.new_empty(len(images), 0), label)  # [N, label_dim]
        result: Tensor = (logits * mapped).sum(1) / math.sqrt(logits.shape[1])
        return result

    def features(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] -> [N, width at 4 pixels], what the head reads."""
        x = clamped(lrelu(self.from_rgb[0](images)), self.limit)  # [N, widths[0], H, W]
        for level, block in enumerate(self.blocks, 1):
            x = block(x)  # [N, widths[level], H / 2, W / 2]
            if level < len(self.from_rgb):
                images = filter_down(images, self.taps, border=1, stride=2)
                look = lrelu(self.from_rgb[level](images))
                x = x + (look if level == len(self.blocks) else clamped(look, self.limit))  # the last has no limit
        x = clamped(lrelu(self.last_conv(with_spread(x, self.group, self.spread_maps))), self.limit)
        return lrelu(self.last_linear(x.flatten(1)))


class DownBlock(nn.Module):
    """A 3 x 3 convolution, a blur, a strided 3 x 3 convolution; with `residual` beside a blurred 1 x 1 skip."""

    taps: Tensor

    def __init__(self, c_in: int, c_out: int, residual: bool, conv_clamp: int):
        super().__init__()
        self.limit = conv_clamp
        self.conv = EqualConv(c_in, c_in, 3)
        self.down = EqualConv(c_in, c_out, 3, stride=2, bordered=False)
        self.skip = EqualConv(c_in, c_out, 1, bias=False, gain=1) if residual else None
        self.register_buffer("taps", binomial_filter(c_in), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c_in, H, W] -> [N, c_out, H / 2, W / 2]."""
        y = clamped(lrelu(self.conv(x)), self.limit)
        y = clamped(lrelu(self.down(filter_down(y, self.taps, border=2))), self.limit)
        if self.skip is None:
            return y
        result: Tensor = (y + self.skip(filter_down(x, self.taps, border=1, stride=2))) * math.sqrt(0.5)
        return result


def with_spread(x: Tensor, group: int, maps: int) -> Tensor:
    """x [N, C, H, W] -> [N, C + maps, H, W]: how much each group of images varies, in each of so many parts of C.

    As NVIDIA groups them: image i with i + N / group, i + 2 N / group, ...; a smaller batch is one group.
    """
    if not maps:
        return x
    n, _, h, w = x.shape
    g = min(group, n) if group else n
    y = x.unflatten(1, (maps, -1)).unflatten(0, (g, n // g))  # [g, N / g, maps, C / maps, H, W]
    y = (y.var(0, unbiased=False) + 1e-8).sqrt().mean((2, 3, 4))  # [N / g, maps]
    return torch.cat([x, y.repeat(g, 1)[:, :, None, None].expand(n, maps, h, w)], dim=1)


CRITICS["stylegan2"] = StyleGan2Discriminator
