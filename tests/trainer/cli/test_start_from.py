"""`train --start-from`: a dry run looks at the checkpoint, too."""

import json

from trainer.checkpoints.checkpoint import read_info
from trainer.cli.main import main


def test_a_dry_run_refuses_what_the_training_would(checkpoint, tmp_path, capsys):
    folder = checkpoint("mlp")
    size, z_dim = (str(read_info(folder).options[name]) for name in ("resolution", "z_dim"))
    words = ["train", "--run", "new", "--dry-run", "--json", "--runs", str(tmp_path), "--arch", "mlp", "--batch", "4"]
    words += ["--resolution", size, "--z-dim", z_dim, "--threads", "1", "--start-from", str(folder)]
    assert main([*words, "--width", "8"]) == 0
    assert json.loads(capsys.readouterr().out)["images_per_s"] > 0
    assert main([*words, "--width", "16"]) == 2
    assert "its width is 8, here 16. Add --width 8." in capsys.readouterr().err
