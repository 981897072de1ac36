"""How far does one method come on stacked MNIST with more time? The protocol of `collapse` at moments of one run.

26,000 images a moment, each colour read by our classifier; 1,000 modes, KL to equal shares. Minutes are of one
core's work, whatever else the machine does, and none pass while a moment is measured.
"""

import time
from pathlib import Path

import torch

from benchmarks.collapse import DIGITS, on_digits, reference, verdict
from benchmarks.common import Record, begun, circumstances, main, markdown
from trainer.data import load
from trainer.training.config import config_from
from trainer.training.loop import train

MOMENTS = 5  # each after twice the time of the one before it; the last at the end


def measure(*, method: str = "DCGAN", minutes: float = 60.0, data_dir: Path = Path("data")) -> Record:
    """method: of benchmarks.collapse, on one thread for so many minutes of work."""
    torch.set_num_threads(1)
    evaluate = reference("stacked-mnist", 32, data_dir)
    dataset = load("stacked-mnist", resolution=32, data_dir=data_dir)
    preset, settings = DIGITS[method]
    config = config_from({"data": "stacked-mnist", "resolution": 32, "kimg": 1e6, "threads": 1, **settings}, preset)
    state = begun(config, dataset)
    moments = [60 * minutes / 2**i for i in reversed(range(MOMENTS))]
    found, trained, since = [], 0.0, time.process_time()
    for _ in train(state, dataset, config):
        if trained + time.process_time() - since < moments[len(found)]:
            continue
        trained += time.process_time() - since
        g = state.ema.module.eval()
        found.append(
            {
                "minutes": trained / 60,
                "kimg": state.images_seen / 1000,
                **on_digits(evaluate, g),
                "verdict": verdict(evaluate, g),
            }
        )
        print(method, found[-1], flush=True)
        if len(found) == MOMENTS:
            break
        since = time.process_time()
    return {"moments": found}


def table(record: Record) -> str:
    rows = [
        [f"{m['minutes']:.0f}", f"{m['kimg']:,.0f}", f"{m['modes']:,.0f}", f"{m['kl']:.3f}", m["verdict"]]
        for m in record["results"]["moments"]
    ]
    head = ["minutes of a core", "kimg", "modes of 1,000", "KL", "our verdict (modes)"]
    return (
        f"{markdown(head, rows)}\n\n{record['settings']['method']}, one run, one thread, the moving average of G; "
        f"lower KL is better. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
