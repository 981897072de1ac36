"""Generators of other programs, made into checkpoints: another kind of file is one file here and a name in the import.

Nothing that a file holds is ever executed. `look` says what a file is before anything is built or written.
"""

# isort: off
from trainer.checkpoints.importers import (  # noqa: F401 - importing one registers it
    pytorch,
    nvidia,
    onnx_file,
)

# isort: on
from trainer.checkpoints.importers.base import (
    IMPORTERS,
    Found,
    Imported,
    Importer,
    Preview,
    import_file,
    look,
)

__all__ = ["IMPORTERS", "Found", "Imported", "Importer", "Preview", "import_file", "look"]
