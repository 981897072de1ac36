"""What the page needs to run a translator by itself: its exported networks, by the routes of `rendering.client`."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.library import Library
from explorer.rendering.client import LARGE, exported_to, version
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import text
from trainer.checkpoints.onnx_names import BACK, CRITIC, TRANSLATOR
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from explorer.core.model import Model
    from explorer.core.translation.model import Translation


@rpc_handler
def sharpener(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> {sharpener}: what the page must know of the translator that makes a generator's images larger.

    It is one that learned from the same data set, at the size and in the colours of the generator's images; null where
    there is none that the page can run.
    """
    from trainer.checkpoints.checkpoint import read_info

    model = library.model(text(question, "checkpoint"))
    for name, folder in library.translators().items():
        with suppress(UserError):  # one that cannot be used is passed over
            if read_info(folder).data.get("name") != model.info.data.get("name"):
                continue
            known = library.translation(name)
            if fits(known, model):
                return {"sharpener": described(known)}
    return {"sharpener": None}


def fits(known: "Translation", model: "Model") -> bool:
    """Whether a translator enlarges images of the size and in the colours of a generator's."""
    net = known.translator
    enlarges = net.scale > 1 and not net.masked and net.resolution < LARGE
    same = (net.given_resolution, net.given_channels, net.channels) == (model.resolution, *2 * [model.channels])
    return enlarges and same


def described(known: "Translation") -> Answer:
    """What the page needs to run a translator."""
    net = known.translator
    return {
        "name": known.name,
        "resolution": net.resolution,
        "channels": net.channels,
        "givenResolution": net.given_resolution,
        "givenChannels": net.given_channels,
        "zDim": net.z_dim,
        "masked": net.masked,
        "scale": net.scale,
    }


@rpc_handler
def network(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> {runtime, networks: {name: address}}, or {not_here: sentence}.

    names: translate, and where there are such networks back and critic. They are exported at the first time, in about
    a second, and kept beside the checkpoint.
    """
    known = library.translation(text(question, "checkpoint"))
    side = known.translator.resolution
    if side >= LARGE:
        return {"not_here": f"{side} x {side} pixels take the page too long; the server draws"}
    files = {"translate": TRANSLATOR}
    files |= {"back": BACK} if known.translator.two_way else {}
    files |= {"critic": CRITIC} if known.critic else {}
    export(known, files)
    place = f"explorer/generator/{known.info.sha256}/"
    return {
        "runtime": f"explorer/runtime/{version()}/",
        "networks": {name: place + file for name, file in files.items()},
    }


def export(known: "Translation", files: dict[str, str]) -> None:
    """Write the networks where they are not there yet. Raises UserError where that cannot be done."""

    def write(folder: Path) -> None:
        from trainer.checkpoints.translator_export import export_translator

        with known.lock:
            export_translator(known.translator, folder, known.critic)

    exported_to(known.folder, known.info.sha256, [*files.values()], write)
