"""A folder that is a Space of the Hugging Face Hub: the app, the chosen checkpoints, and a front page."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from trainer.checkpoints.card_data import data_set
from trainer.checkpoints.checkpoint import CheckpointInfo, load_network, read_info
from trainer.checkpoints.hub import FILES
from trainer.util.atomic_io import cannot_write, check_name
from trainer.util.errors import UserError
from trainer.util.hub import is_address
from trainer.util.reading import is_own_file

ROOT = Path(__file__).parents[2]
CODE = ("app.py", "explorer", "trainer", "requirements.txt", "LICENSE", "THIRD_PARTY.md")
NOT_CODE = shutil.ignore_patterns("__pycache__", ".*", "*.pyc")
LARGE = ("*.safetensors", "*.webp", "*.gz", "*.png")  # which the Hub takes by git LFS alone
FRONT = ("sdk", "sdk_version", "python_version", "app_file", "emoji", "colorFrom", "colorTo")  # as the project's README


class Chosen(NamedTuple):
    """A checkpoint of a Space: what it is called there, its folder here, what it holds, and where it came from."""

    name: str
    folder: Path
    info: CheckpointInfo
    source: str


def write_space(chosen: Sequence[Chosen], out: Path, title: str, recordings: Path | None = None) -> None:
    """Write the Space's folder, all of it or nothing.

    Args: recordings: a folder of recorded runs to show in the Train tab, None for none.

    Raises UserError for a folder that is not empty or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"--out {out} is there already, and not empty. Name another folder, or remove it.", field="out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as work:
            folder = Path(work, "space")
            folder.mkdir()
            fill(folder, chosen, title)
            if recordings:
                shutil.copytree(recordings, folder / "recordings", ignore=NOT_CODE)
            folder.replace(out)
    except OSError as error:
        raise cannot_write(out, error) from error


def fill(folder: Path, chosen: Sequence[Chosen], title: str) -> None:
    """Code, checkpoints, front page."""
    for name in CODE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=NOT_CODE)
        else:
            shutil.copy(ROOT / name, folder)
    for one in chosen:
        (folder / "checkpoints" / one.name).mkdir(parents=True)
        for file in FILES:
            if is_own_file(one.folder / file):
                shutil.copyfile(one.folder / file, folder / "checkpoints" / one.name / file)
    (folder / ".gitattributes").write_text("".join(f"{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in LARGE))
    (folder / "README.md").write_text(front_page(chosen, title), encoding="utf-8")


def choose(names: Sequence[str], folders: Sequence[Path]) -> Iterator[Chosen]:
    """The checkpoints to take along. Raises UserError for one that does not load, and for a name that comes twice."""
    taken: set[str] = set()
    for source, folder in zip(names, folders, strict=True):
        info = read_info(folder)
        load_network(folder, info)
        parts = folder.resolve().parts
        name = parts[-3] if parts[-2] == "snapshots" else parts[-1]  # a snapshot is called as its run is
        check_name(name, "checkpoint")
        if name in taken:
            raise UserError(f"Two of these checkpoints are called {name!r}. Publish one of them under another name.")
        taken.add(name)
        yield Chosen(name, folder, info, source)


def front_page(chosen: Sequence[Chosen], title: str) -> str:
    """The Space's README.md: what the Hub reads of it, and the checkpoints with licence and credit of their data."""
    from huggingface_hub import SpaceCard, SpaceCardData

    from trainer.util.hub_download import parsed

    project = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8")).data.to_dict()
    models = [parsed(one.source).id for one in chosen if is_address(one.source)]
    data_sets = sorted({found for one in chosen if (found := data_set(one.info))})
    head = SpaceCardData(
        title=title,
        license=project["license"],
        tags=project["tags"],
        models=models or None,
        datasets=data_sets or None,
        short_description="Explore the latent space of GANs",
        **{name: project[name] for name in FRONT},
    )
    rows = "\n".join(row(one) for one in chosen)
    return f"""---
{head.to_yaml()}
---
# {title}

Sample, slide, interpolate, and see what each generator has learned of its data and what not. Nothing can be trained or
uploaded here.

| checkpoint | data | licence of the data | credit |
| --- | --- | --- | --- |
{rows}

The code is under the MIT licence; THIRD_PARTY.md lists the work of others.
"""


def row(one: Chosen) -> str:
    """A checkpoint's line of the table."""
    data = one.info.data
    cells = [one.name, *(str(data.get(key) or "unknown") for key in ("name", "licence", "credit"))]
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
