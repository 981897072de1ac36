"""The reports are tested on the references of the diagnosis."""

from tests.trainer.diagnosis.conftest import own, quick, trained, world  # noqa: F401
