"""Layers shared by architectures: equalised learning rates, StyleGAN2's modulated convolution and its blur."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# StyleGAN2 follows every LeakyReLU 0.2 by a gain of sqrt(2), which keeps the variance. As lrelu(a x) = a lrelu(x), the
# layer before it takes that gain into its weight and bias instead: the same numbers, one pass over the images less.
LRELU_GAIN = math.sqrt(2)


def lrelu(x: Tensor) -> Tensor:
    """LeakyReLU 0.2; its gain is in the layer before it."""
    return F.leaky_relu(x, 0.2)


class EqualLinear(nn.Module):
    """Linear layer whose weight is scaled at run time, so that every layer learns at one rate (Karras et al. 2018)."""

    def __init__(self, d_in: int, d_out: int, *, bias: float = 0.0, lr_multiplier: float = 1.0, gain: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d_out, d_in) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((d_out,), bias / lr_multiplier))
        self.weight_gain, self.bias_gain = gain * lr_multiplier / math.sqrt(d_in), gain * lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """x [N, in] -> [N, out]; weights are scaled at run time (Karras et al. 2018, section 4.1)."""
        return F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)


class EqualConv(nn.Module):
    """Convolution with an equalised learning rate; keeps the size at stride 1, halves it at stride 2.

    Args: bordered: False for an input that has its border already.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        *,
        stride: int = 1,
        bias: bool = True,
        gain: float = LRELU_GAIN,
        bordered: bool = True,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(c_out, c_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(c_out)) if bias else None
        self.weight_gain, self.bias_gain = gain / math.sqrt(c_in * kernel * kernel), gain
        self.stride, self.padding = stride, (kernel - 1) // 2 if bordered else 0

    def forward(self, x: Tensor) -> Tensor:
        """x [N, c_in, H, W] -> [N, c_out, H / stride, W / stride]; weights are scaled at run time."""
        bias = None if self.bias is None else self.bias * self.bias_gain
        return F.conv2d(x, self.weight * self.weight_gain, bias, self.stride, self.padding)


def binomial_filter(channels: int) -> Tensor:
    """The separable [1, 3, 3, 1] low-pass filter of StyleGAN2 after zeros between the pixels: (channels, 1, 4, 4), each
    of sum 4."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    return (taps[:, None] * taps).repeat(channels, 1, 1, 1)


def filter_up(x: Tensor, taps: Tensor) -> Tensor:
    """Double the size: zeros between the pixels, then the low-pass filter (upfirdn2d with up = 2)."""
    return F.conv_transpose2d(x, taps, stride=2, padding=1, groups=len(taps))


def filter_down(x: Tensor, taps: Tensor, border: int, stride: int = 1) -> Tensor:
    """The low-pass filter before fewer pixels (upfirdn2d with down = stride); taps of sum 4, as `binomial_filter`."""
    return F.conv2d(x, taps / 4, stride=stride, padding=border, groups=len(taps))


def up_conv(x: Tensor, weight: Tensor, taps: Tensor) -> Tensor:
    """Double the size: a transposed convolution of stride 2, then StyleGAN2's blur. weight [c_out, c_in, 3, 3]."""
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # [N, c_out, 2H + 1, 2W + 1]
    return F.conv2d(x, taps, padding=1, groups=len(taps))  # [N, c_out, 2H, 2W]


class ModulatedConv(nn.Module):
    """StyleGAN2's modulated convolution (Karras et al. 2020, equations 1 and 3).

    Scaling the input by the style and the output by the demodulation equals scaling the weights, and lets one
    convolution with shared weights serve the whole batch; it also exports to ONNX with a dynamic batch.
    With `up`, a transposed convolution of stride 2 and StyleGAN2's blur double the size.
    """

    taps: Tensor

    def __init__(
        self, c_in: int, c_out: int, w_dim: int, kernel: int = 3, *, up: bool = False, demodulate: bool = True
    ):
        """`demodulate` also brings the gain of the LeakyReLU that follows."""
        super().__init__()
        self.affine = EqualLinear(w_dim, c_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(c_out, c_in, kernel, kernel))
        self.gain = 1 / math.sqrt(c_in * kernel * kernel)
        self.up, self.demodulate = up, demodulate
        self.register_buffer("taps", binomial_filter(c_out if up else 0), persistent=False)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, c_in, H, W], w [N, w_dim] -> [N, c_out, H, W], doubled where `up` (Karras et al. 2020, section 2.2)."""
        style = self.affine(w)  # [N, c_in]
        weight = self.weight * self.gain  # [c_out, c_in, k, k]
        x = x * style[:, :, None, None]
        x = up_conv(x, weight, self.taps) if self.up else F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        if self.demodulate:
            power = style.square() @ weight.square().sum((2, 3)).T  # [N, c_out]
            x = x * (LRELU_GAIN * (power + 1e-8).rsqrt())[:, :, None, None]
        return x


def minibatch_stddev(x: Tensor, group: int = 4) -> Tensor:
    """Append one map: how much each group of images varies (Karras et al. 2018, section 3). [N, C+1, H, W]."""
    n, _, h, w = x.shape
    g = group if n % group == 0 else n
    y = x.unflatten(0, (g, n // g))  # [g, N/g, C, H, W]
    y = (y.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))  # [N/g]
    return torch.cat([x, y.repeat(g)[:, None, None, None].expand(n, 1, h, w)], dim=1)
