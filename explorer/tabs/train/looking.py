"""What the form says of a folder or zip before a training reads it: files that no image will come of."""

import time
from functools import lru_cache

from explorer.core.limits import Busy, Gate
from trainer.data import DATASETS
from trainer.data.folder import look
from trainer.data.listing import TooMany
from trainer.data.ways import exists, path_and_way
from trainer.util.errors import UserError

MAX_FILES = 20_000  # files that are looked through while somebody types; a larger folder is only told of in its run
LOOKING = Gate("looks into a folder", at_once=1, waiting=1)
FRESH = 30  # seconds for which a look is good


def note_on_data(name: str, max_files: int = MAX_FILES) -> str:
    """A sentence on the images of that name, "" where all is well or nothing can be said."""
    return "" if name in DATASETS else _looked(name, max_files, int(time.monotonic() // FRESH))


@lru_cache(maxsize=16)
def _looked(name: str, max_files: int, moment: int) -> str:
    try:
        path, _ = path_and_way(name.removeprefix("folder:"))
        with LOOKING.place():
            notes = look(path, max_files) if exists(path) else ()
    except (TooMany, Busy):
        return ""
    except UserError as error:
        return str(error)
    return f"Data: {'; '.join(notes)}." if notes else ""
