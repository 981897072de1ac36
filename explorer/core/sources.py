"""What the form's data set may be: a name, or a place on the server that this page may speak of.

Whoever may train is not told what else lies on the server: outside of the data folder nothing is looked up for the
form, and whatever stands there is answered with the same sentence. Only where the page belongs to the person at
the machine (`Library.any_folder`) may it name any folder; then the training itself says whether it is there.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from explorer.core.library import Library
from trainer.util.errors import UserError

ADDRESS = "hf://"  # begins a data set of the Hub, which only the machine's owner may fill its disk with
MAX_PLACE = 1000  # characters of a place
ELSEWHERE = "…/"  # begins the name of a folder that only a run of this library knows
PLACES = {"hf", "folder", "pairs"}  # data sets whose argument says where images lie
OPTIONS = ("data", "data_a")  # settings of a training that name a data set


def data_dir(library: Library) -> Path:
    """Where data sets, uploads and packed images lie: beside the runs."""
    return library.runs.parent / "data"


def display_name(library: Library, data: str) -> str:
    """A run's data set as a visitor reads it: of a folder of ours where it lies, of another one its own name."""
    from trainer.data.spelling import kind_and_place  # slow to import, as all of trainer.data is

    kind, place = kind_and_place(data)
    path = Path(os.path.normpath(place))
    if not path.is_absolute():
        return data
    if path.is_relative_to(data_dir(library).absolute()):
        return kind + path.relative_to(library.runs.parent.absolute()).as_posix()
    return f"{kind}{ELSEWHERE}{path.name}"


def shown(library: Library, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a run as a visitor reads them."""
    names = [name for name in (*OPTIONS, "start_from") if isinstance(settings.get(name), str) and settings[name]]
    return {**settings, **{name: display_name(library, settings[name]) for name in names}}


def all_found(library: Library, settings: Mapping[str, Any]) -> dict[str, str]:
    """`found` of each setting that names a data set."""
    return {name: found(library, settings[name], name) for name in OPTIONS if name == "data" or settings.get(name)}


def found(library: Library, data: str, option: str = "data") -> str:
    """What an option takes, for what stands in the form. Raises UserError for what this page cannot train on."""
    from trainer.data import DATASETS
    from trainer.data.spelling import kind_and_place

    if data in DATASETS or with_argument(data):
        return data
    kind, place = kind_and_place(data)
    if place.startswith(ELSEWHERE):
        return known_to_a_run(library, kind + place, option)
    return kind + found_place(library, place, option)


def with_argument(data: str) -> bool:
    """Whether it is a data set by name with an argument that is no place, such as avatars:pixel-art."""
    from trainer.data import DATASETS

    return data.partition(":")[0] in DATASETS.keys() - PLACES and len(data) <= MAX_PLACE


def flag(option: str) -> str:
    """An option as it is written on a command line."""
    return f"--{option.replace('_', '-')}"


def found_place(library: Library, data: str, option: str) -> str:
    """`found` of a path, or of an address."""
    if library.any_folder and data.startswith(ADDRESS) and len(data) <= MAX_PLACE:
        return data
    for place in places(library, data):
        if is_there(place):
            return data if Path(data).is_absolute() else str(place)
    if library.any_folder and stays(data) and is_there(here(data)):
        return str(here(data))  # a training is started in another folder
    if library.any_folder and not stays(data) and 0 < len(data) <= MAX_PLACE:
        return data
    raise UserError(
        f"{flag(option)} is not a known data set, nor a folder or zip in {data_dir(library).name}/ on the server. "
        "Choose a name from the list, upload images, or train on another folder from a terminal.",
        field=option,
    )


def places(library: Library, data: str) -> list[Path]:
    """Where in the data folder that may be, by its spelling alone; nowhere for what lies outside."""
    folder = data_dir(library).absolute()
    if not data or len(data) > MAX_PLACE or "\0" in data:
        return []
    spelled = [Path(os.path.normpath(base / data)) for base in (library.runs.parent.absolute(), folder)]
    return [place for place in spelled if place != folder and place.is_relative_to(folder)]


def stays(data: str) -> bool:
    """Whether it is a place below the folder that the app was started in."""
    return "\0" not in data and not data.startswith("~") and here(data).is_relative_to(Path.cwd())


def here(data: str) -> Path:
    """The place that a spelling means, seen from the folder that the app was started in."""
    return Path(os.path.normpath(Path.cwd() / data))


def is_there(place: Path) -> bool:
    """Whether something lies there, options such as :pad left out. Raises UserError for wrong options."""
    from trainer.data.ways import exists, path_and_way  # slow to import, as all of trainer.data is

    return exists(path_and_way(str(place))[0])


def known_to_a_run(library: Library, data: str, option: str) -> str:
    """The folder of that name that a run has been trained on. Raises UserError for none, or several."""
    places = set()
    for run in library.all_runs().values():
        with suppress(UserError):
            settings = run.config()
            for place in (settings.data, settings.data_a) if not library.is_recording(run) else ():
                if place and display_name(library, place) == data:
                    places.add(place)
    if len(places) == 1:
        return places.pop()
    which = "several folders" if places else "no folder"
    raise UserError(
        f"{flag(option)} {data.replace(ELSEWHERE, '', 1)!r:.80} is {which} that a run here was trained on.", option
    )
