"""The page is there at once: what is slow to import comes with the first model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def status_of(code: str) -> int:
    """What a fresh Python that runs this exits with."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode


def test_building_the_page_does_not_wait_for_torch():
    assert status_of("import sys, explorer.ui; sys.exit('torch' in sys.modules)") == 0


@pytest.mark.slow
def test_the_library_brings_torch_with_the_first_model_and_never_gradio():
    assert status_of("import sys; from explorer import load; sys.exit('torch' in sys.modules)") == 0
    draws = "import sys; from explorer import load; load('mnist-dcgan').render(1)"
    assert status_of(f"{draws}; sys.exit('gradio' in sys.modules or 'torch' not in sys.modules)") == 0
