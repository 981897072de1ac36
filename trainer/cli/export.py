"""`export`: a checkpoint's generator as ONNX."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path

from trainer.cli.arguments import CHECKPOINT, add_places


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `export`."""
    sub.add_argument("checkpoint", help=CHECKPOINT)
    sub.add_argument("--out", type=Path, help="folder to write into [build/onnx/NAME]")
    sub.add_argument(
        "--half", action=BooleanOptionalAction, default=True, help="16-bit weights where they are accurate enough [yes]"
    )
    add_places(sub)


def export(arguments: Namespace) -> None:
    """Export a checkpoint's generator as ONNX, checked against PyTorch."""
    from trainer.checkpoints.checkpoint import load_generator, load_translator, read_info
    from trainer.checkpoints.onnx_export import default_folder
    from trainer.checkpoints.onnx_export import export as write
    from trainer.checkpoints.onnx_metadata import metadata_of
    from trainer.checkpoints.patch_critic import load_patch_critic
    from trainer.checkpoints.translator_export import export_translator
    from trainer.networks import is_translator
    from trainer.runs.publish import find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    out = arguments.out or default_folder(folder)
    info = read_info(folder)
    if is_translator(info.arch):
        translator = load_translator(folder, info)
        made = export_translator(translator, out, load_patch_critic(folder, info), half=arguments.half)
    else:
        generator = load_generator(folder, info)
        metadata = metadata_of(default_folder(folder).name, info, generator)
        made = write(generator, out, half=arguments.half, metadata=metadata)
    for path in sorted(made.folder.glob("*.onnx")):
        print(f"{path} is ready ({path.stat().st_size / 1e6:.2f} MB, {made.bits} bit weights)")
    print(f"Its output differs from PyTorch's by {made.difference:.2g} on average, in [-1, 1].")
