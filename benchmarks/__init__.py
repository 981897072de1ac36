"""One script a published figure. `python -m benchmarks` runs all; `python -m benchmarks.slide --help` tells of one."""

NAMES = (
    "start",
    "slide",
    "sizes",
    "people",
    "train_speed",
    "directions",
    "mnist_quality",
    "diagnosis",
    "trained",
    "fuzz",
    "collapse",
    "stacked",
    "verdict",
    "live",
    "kills",
    "soak",
    "metrics_speed",
    "two_sets",
    "import_parity",
    "onnx_parity",
)
