"""Import this before torchvision.

torchvision declares two of its operators in its compiled half and describes them again in Python. Where that half does
not load (its wheel was built for CUDA or for another torch), the description fails and so does `import torchvision`,
although nothing here calls the operators. Declaring the missing ones is enough.
"""

from importlib.util import find_spec
from pathlib import Path

import torch

OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def _compiled_half_loads() -> bool:
    """Load torchvision's library of operators, as torchvision itself would do next."""
    package = find_spec("torchvision")
    for place in (package and package.submodule_search_locations) or ():
        for library in (*Path(place).glob("_C*.so"), *Path(place).glob("_C*.pyd")):
            try:
                torch.ops.load_library(library)
            except OSError:
                continue
            return True
    return False


def _declare() -> torch.library.Library:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in OPERATORS:
        if not hasattr(torch.ops.torchvision, operator.partition("(")[0]):
            library.define(operator)
    return library


# Held for the life of the process: an operator lives only as long as the object that declared it.
_declared = None if _compiled_half_loads() else _declare()
