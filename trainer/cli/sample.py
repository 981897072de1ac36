"""`sample`: a sheet of images from a checkpoint."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trainer.cli.arguments import CHECKPOINT, MAX_SEED, add_places, psi, whole
from trainer.util.errors import UserError


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `sample`."""
    sub.add_argument("checkpoint", help=CHECKPOINT)
    sub.add_argument("--out", type=Path, default=Path("samples.png"), help="image file to write [samples.png]")
    sub.add_argument("--count", type=whole(1, 10_000), default=64, help="number of samples [64]")
    sub.add_argument(
        "--seed", type=whole(0, MAX_SEED), default=0, help="seed of the first sample; the others follow [0]"
    )
    sub.add_argument("--psi", type=psi, default=1.0, help="truncation: 1 = none, 0 = the mean image [1]")
    add_places(sub)


def sample(arguments: Namespace) -> None:
    """Save a sheet of samples from a checkpoint."""
    from trainer.checkpoints import sampling
    from trainer.checkpoints.checkpoint import load_generator, read_info
    from trainer.runs.publish import find_checkpoint
    from trainer.util.images import sheet

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    generator = load_generator(folder, read_info(folder))
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    images = sampling.sample(generator, seeds, psi=arguments.psi)
    columns = max(1, round(arguments.count**0.5))
    try:
        sheet(images, columns).save(arguments.out)
    except (OSError, ValueError) as error:
        raise UserError(
            f"Cannot write {arguments.out} ({error}). Choose another --out, such as samples.png."
        ) from error
    print(f"{arguments.count} samples of {arguments.checkpoint} in {arguments.out}")
