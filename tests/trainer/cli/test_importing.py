"""`python -m trainer import`: a preview, a checkpoint, or one line of what is wrong."""

import json

import torch
from torch import nn

from trainer.cli.main import main


def test_what_the_command_prints_of_a_refusal_is_one_line(tmp_path, capsys):
    (tmp_path / "a.pt").write_bytes(b"hello")
    assert main(["import", str(tmp_path / "a.pt"), "--out", "x", "--checkpoints", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["import", str(tmp_path / "a.pt")]) == 2
    assert "--out NAME" in capsys.readouterr().err


def test_the_command_previews_and_imports(tmp_path, capsys):
    layers = [nn.ConvTranspose2d(5, 8, 4), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 4, 4), nn.BatchNorm2d(4)]
    torch.save(nn.Sequential(*layers, nn.ReLU(), nn.ConvTranspose2d(4, 1, 4)).state_dict(), tmp_path / "netG.pth")
    words = ["import", str(tmp_path / "netG.pth"), "--checkpoints", str(tmp_path / "checkpoints")]
    assert main([*words, "--preview"]) == 0
    text = capsys.readouterr().out
    assert "DCGAN generator" in text
    assert "5 x 8 x 4 x 4" in text
    assert not (tmp_path / "checkpoints").exists()
    assert main([*words, "--preview", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["facts"][0] == ["image", "16 x 16, grey"]
    assert main([*words, "--out", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mine"
    assert (tmp_path / "checkpoints" / "mine" / "config.json").is_file()
