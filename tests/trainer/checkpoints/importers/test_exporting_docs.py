"""docs/exporting.md: its code parses, and the part on PyTorch is run as it stands there."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.checkpoints.importers.onnx_models import CLASSES, Style, foreign
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file
from trainer.checkpoints.sampling import sample, seed_z
from trainer.util.images import to_uint8

DOCS = (Path(__file__).parents[4] / "docs" / "exporting.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^## From (\w+)\n.*?^```python\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL))


def test_each_way_is_a_few_lines_of_python():
    assert sorted(BLOCKS) == ["JAX", "Keras", "PyTorch"]
    for code in BLOCKS.values():
        ast.parse(code)
        assert len(code.splitlines()) <= 5


@pytest.mark.parametrize("label", ["", "index"])
def test_what_is_said_of_pytorch_gives_a_file_that_draws_the_same(label, tmp_path, monkeypatch):
    code = BLOCKS["PyTorch"]
    if label:  # as the sentence below the code says
        label_line = f"label = torch.arange(2) % {CLASSES}\n"
        code = label_line + code.replace("(z,)", "(z, label)").replace('["z"]', '["z", "label"]')
        code = code.replace('"z": {0: "n"}', '"z": {0: "n"}, "label": {0: "n"}')
    network = foreign(Style(label=label)).train()
    monkeypatch.chdir(tmp_path)
    exec(code, {"torch": torch, "generator": network, "z_dim": 8})
    folder = import_file(Path("generator.onnx"), tmp_path / "c", lambda sentence: None)
    with torch.inference_mode():
        z = torch.from_numpy(seed_z(1, 8))[None]
        wanted = to_uint8(network.eval()(z, torch.tensor([1]) if label else None))
    found = sample(load_generator(folder, read_info(folder)), [1])
    assert np.abs(found.astype(int) - wanted.astype(int)).max() <= 1
