"""`python -m trainer measure`: arrays from files, every measure that they allow, as a table or as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy import ndarray

from trainer.util.errors import UserError

# What the measures may ask for (the names of their arguments), each an .npy file here; k_classes and sigma are numbers.
INPUTS = {
    "real": "features of real images, (n, d); for memorisation: of the training images",
    "fake": "features of generated images, (m, d)",
    "held_out": "features of held-out real images, (h, d)",
    "real_labels": "classes of the real images, (n,), whole numbers from 0",
    "fake_labels": "classes of the generated images, (m,), by the same classifier",
    "real_true": "true classes of the real images, (n,), whole numbers from 0",
    "fake_asked": "classes that the generated images were asked for, (m,)",
    "fake_probabilities": "class probabilities of the generated images, (m, k)",
    "real_images": "the real images, (n, C, H, W) in [-1, 1]",
    "fake_images": "the generated images, (m, C, H, W) in [-1, 1]",
    "fake_truth": "what each generated image should be, (m, C, H, W) in [-1, 1]",
    "centres": "where the modes of 2-D toy data lie, (k, 2)",
}


def read_inputs(paths: Mapping[str, Path | None], k_classes: int | None, sigma: float | None = None) -> dict[str, Any]:
    """Input -> array, for those that have a path, and the numbers k_classes and sigma (of the modes at `centres`).

    Raises UserError for a file that cannot be used, labels without k_classes, or rows that do not belong together.
    """
    inputs: dict[str, Any] = {name: read_array(name, path) for name, path in paths.items() if path is not None}
    labels = [name for name in ("real_labels", "fake_labels") if name in inputs]
    if labels and k_classes is None:
        raise UserError(f"{flag(labels[0])} needs the number of classes. Add --k-classes N.")
    for name, array in inputs.items():
        whole = name.partition("_")[0]  # real_labels belong to real
        if whole in inputs and len(array) != len(inputs[whole]):
            raise UserError(
                f"{flag(name)} {paths[name]} has {len(array)} rows, {flag(whole)} {paths[whole]} has "
                f"{len(inputs[whole])}. Give one row per image, in the same order."
            )
    numbers = {"k_classes": k_classes, "sigma": sigma}
    return inputs | {name: number for name, number in numbers.items() if number is not None}


def read_array(name: str, path: Path) -> ndarray:
    """An .npy file as an array, read from disk as it is used. Nothing is unpickled. Raises UserError if it cannot."""
    where = f"{flag(name)} {path}"
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError as error:
        raise UserError(f"{where}: this file does not exist. Write it with numpy.save.") from error
    except OSError as error:
        raise UserError(f"{where} cannot be read ({error.strerror or error}). Give an .npy file.") from error
    except (ValueError, TypeError, SyntaxError, TokenError, OverflowError, EOFError) as error:
        if "Python objects" in str(error):
            problem = "holds pickled Python objects, which are never loaded. Save plain numbers with numpy.save."
        else:
            problem = f"is not a complete .npy file ({' '.join(str(error).split())[:120]}). Write one with numpy.save."
        raise UserError(f"{where} {problem}") from error
    if array.ndim == 0 or not array.size:
        raise UserError(f"{where} is empty (shape {array.shape}). Give {INPUTS[name]}.")
    return check_array(name, where, array)


def check_array(name: str, where: str, array: ndarray) -> ndarray:
    """The checks that need no measure, so that their messages can name the file."""
    from trainer.metrics import checks  # it imports scikit-learn, which `--help` has no time for

    if name in ("real", "fake", "held_out"):
        return checks.one_set(where, array, minimum=1)
    return array if name.endswith("images") else checks.finite(where, array)


def flag(name: str) -> str:
    """Name of an input -> its command line flag."""
    return "--" + name.replace("_", "-")


def measured(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of images and every figure that applies; the content of `--json`.

    `undefined` is there where some have no value, and says why, by figure.
    """
    from trainer.metrics import measure_all

    values = measure_all(inputs)
    why = reasons(values)
    found = {"n_real": len(inputs["real"]), "n_fake": len(inputs["fake"]), **values}
    return found | ({"undefined": why} if why else {})


def reasons(found: Mapping[str, Any]) -> dict[str, str]:
    """Figure -> why it is undefined, for those that are."""
    from trainer.metrics import figures

    return {key: figure.undefined for key, figure in figures().items() if key in found and found[key] is None}


def as_json(found: Mapping[str, Any]) -> str:
    """The figures as indented JSON. Raises ValueError for NaN or infinity, which JSON does not have."""
    return json.dumps(found, indent=2, allow_nan=False)


def as_table(found: Mapping[str, Any]) -> str:
    """One line a figure: name, value, which way is better, what it is; below them a line a class, if there are any."""
    from trainer.metrics import figures

    known = figures()
    ways = {"lower": "lower is better", "higher": "higher is better", "real": "best at the value of real data",
            "half": "best at 0.5", "": ""}  # fmt: skip
    lines = [f"{found['n_real']} real and {found['n_fake']} generated images", ""]
    per_class = {key: value for key, value in found.items() if key in known and isinstance(value, list)}
    lines += [
        f"{key:<22} {number(found[key]):>12}  {ways[figure.better]:<21} {figure.words}"
        for key, figure in known.items()
        if key in found and key not in per_class
    ]
    undefined: dict[str, list[str]] = {}
    for key, why in reasons(found).items():
        undefined.setdefault(why, []).append(key)
    lines += ["", *(f"undefined: {', '.join(keys)}: {why}" for why, keys in undefined.items())] if undefined else []
    if per_class:
        lines += ["", " ".join(["class", *(f"{key:>12}" for key in per_class)])]
        rows = zip(*per_class.values(), strict=True)
        lines += [" ".join([f"{i:>5}", *(f"{number(v):>12}" for v in row)]) for i, row in enumerate(rows)]
    return "\n".join(line.rstrip() for line in lines)


def number(value: float | None) -> str:
    """Six digits; `undefined` where the measure has no value for these inputs."""
    return "undefined" if value is None else f"{value:.6g}"
