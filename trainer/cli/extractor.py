"""`extractor`: trains a bundled feature extractor anew."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trainer.cli.arguments import add_places, note
from trainer.util.errors import UserError


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `extractor`."""
    sub.add_argument("name", help="mnist, avatars, pixel-faces or thumbs")
    sub.add_argument("--out", type=Path, help="folder for the weights [the package's own]")
    add_places(sub)


def extractor(arguments: Namespace, limit: int | None = None) -> None:
    """Retrain a bundled feature extractor.

    Args: limit: at most so many images to train on, and as many to test on; None = all.
    """
    from trainer.data import load
    from trainer.features import EXTRACTORS
    from trainer.features.base import WEIGHTS, save_bundled
    from trainer.features.classifier import accuracies

    kind = EXTRACTORS[arguments.name]
    if kind.fit is None or not kind.side:
        ours = ", ".join(name for name, kind in EXTRACTORS.items() if kind.side)
        raise UserError(f"{arguments.name} cannot be trained by this command. Choose from: {ours}.")
    options = {"resolution": kind.side, "data_dir": arguments.data_dir, "limit": limit}
    net = kind.fit(load(kind.data, **options), note)
    path = save_bundled(net, arguments.out or WEIGHTS)
    for name, share in accuracies(net, load(kind.data, held_out=True, **options)).items():
        print(f"{name:<14} {100 * share:.2f} % accuracy on held-out images")
    print(f"{path} is ready")
