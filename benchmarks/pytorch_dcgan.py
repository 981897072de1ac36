"""The DCGAN of PyTorch's examples (github.com/pytorch/examples/tree/main/dcgan, BSD 3-Clause), restated.

Its networks, initial weights, loss, optimisers and loop, with its defaults of 64 x 64 images; without data loading,
prints and files.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

NC, NZ, NGF, NDF = 3, 100, 64, 64


def init_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def generator(channels: int = NC) -> nn.Sequential:
    """z [N, 100, 1, 1] -> images [N, channels, 64, 64] in [-1, 1]."""

    def up(c_in: int, c_out: int, stride: int = 2, padding: int = 1) -> list[nn.Module]:
        conv = nn.ConvTranspose2d(c_in, c_out, 4, stride, padding, bias=False)
        return [conv, nn.BatchNorm2d(c_out), nn.ReLU(True)]

    layers = [*up(NZ, NGF * 8, 1, 0), *up(NGF * 8, NGF * 4), *up(NGF * 4, NGF * 2), *up(NGF * 2, NGF)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(NGF, channels, 4, 2, 1, bias=False), nn.Tanh()).apply(init_weights)


def discriminator(channels: int = NC) -> nn.Sequential:
    """images [N, channels, 64, 64] -> probability of being real [N]."""

    def down(c_in: int, c_out: int) -> list[nn.Module]:
        return [nn.Conv2d(c_in, c_out, 4, 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2, inplace=True)]

    first = [nn.Conv2d(channels, NDF, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    layers = [*first, *down(NDF, NDF * 2), *down(NDF * 2, NDF * 4), *down(NDF * 4, NDF * 8)]
    last = nn.Conv2d(NDF * 8, 1, 4, 1, 0, bias=False)
    return nn.Sequential(*layers, last, nn.Sigmoid(), nn.Flatten(0)).apply(init_weights)


def train(net_g: nn.Module, net_d: nn.Module, batches: Iterator[Tensor]) -> Iterator[tuple[float, ...]]:
    """Its loop: D on real, D on fake, then G. Yields the numbers that it prints after each step."""
    criterion = nn.BCELoss()
    opt_d = torch.optim.Adam(net_d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam(net_g.parameters(), lr=2e-4, betas=(0.5, 0.999))
    for real in batches:
        net_d.zero_grad()
        label = torch.full((len(real),), 1.0, device=real.device)
        output = net_d(real)
        loss_real = criterion(output, label)
        loss_real.backward()
        d_x = output.mean().item()
        fake = net_g(torch.randn(len(real), NZ, 1, 1, device=real.device))
        label.fill_(0.0)
        output = net_d(fake.detach())
        loss_fake = criterion(output, label)
        loss_fake.backward()
        d_g_z1 = output.mean().item()
        loss_d = loss_real + loss_fake
        opt_d.step()

        net_g.zero_grad()
        label.fill_(1.0)
        output = net_d(fake)
        loss_g = criterion(output, label)
        loss_g.backward()
        d_g_z2 = output.mean().item()
        opt_g.step()
        yield loss_d.item(), loss_g.item(), d_x, d_g_z1, d_g_z2
