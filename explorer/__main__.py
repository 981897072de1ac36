"""`python -m explorer directions CHECKPOINT...`: learn and measure a model's directions, and keep them beside it."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from trainer.util.errors import UserError


def main(arguments: list[str] | None = None) -> None:
    """The command line. Ends with status 1 and one sentence where something is wrong."""
    parser = ArgumentParser(prog="python -m explorer", description="What the explorer prepares for a checkpoint.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    about = "learn directions for each attribute, measure what the directions of all methods do, and write both to "
    directions = commands.add_parser("directions", help=f"{about}directions.safetensors beside the weights")
    directions.add_argument("checkpoint", nargs="+", type=Path, help="folder of a checkpoint")
    try:
        for folder in parser.parse_args(arguments).checkpoint:
            print(learn(folder), flush=True)
    except UserError as error:
        sys.exit(f"error: {error}")


def learn(folder: Path) -> Path:
    """Write a checkpoint's directions.safetensors. Returns its path; raises UserError where nobody reads attributes."""
    from explorer.core.directions.catalogue import ready
    from explorer.core.directions.fitting import write
    from explorer.core.directions.learning import learned
    from explorer.core.model import Model

    model = Model(folder)
    told = ""
    for step in learned(model):
        doing = step.doing.partition(":")[0]
        if doing != told:
            told = doing
            print(f"{model.name}: {told}", file=sys.stderr, flush=True)
    write(ready(model), model.place.carried, model.info.sha256)
    return model.place.carried


if __name__ == "__main__":
    main()
