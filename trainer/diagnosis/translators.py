"""The verdict on a network that makes an image of an image: does it follow its input, and its style?

Each finding is held against outputs of shuffled inputs: what an output has to do with an input that is not its own. The
distances are those of an extractor's features, and of pixels where an input may have been copied.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy import ndarray
from scipy.spatial.distance import cdist

from trainer.diagnosis.findings.base import percent
from trainer.diagnosis.thresholds import (
    COPIED_INPUT,
    COPIED_UNPAIRED,
    EACH,
    MIN_FOLLOWING,
    MIN_STYLE,
    ONE_OUTPUT,
    SHUFFLES,
)
from trainer.metrics.nulls import z_score
from trainer.metrics.translation import style_diversity
from trainer.util.errors import UserError
from trainer.util.registry import Registry

MIN_INPUTS = 20


@dataclass(frozen=True)
class Translated:
    """What is known of n inputs and their outputs; row i of each belongs to input i.

    Attributes:
        made: features of the outputs, (n, d).
        target: features of real images as the outputs should be, (n, d).
        paired: whether row i of `target` is the truth of input i; else they are any images of the collection.
        given: features of the inputs, (n, e); of any extractor, or pixels.
        changed: mean absolute difference of each output from its input, (n,), pixels in -1 to 1, and `should`, of the
            truth, or of any target, from the input; None where they have different shapes, or much is to stay.
        styled: features of some inputs under several style codes, (m, k, d); None without a style.
    """

    made: ndarray
    target: ndarray
    paired: bool
    given: ndarray
    changed: ndarray | None = None
    should: ndarray | None = None
    styled: ndarray | None = None

    @cached_property
    def spread(self) -> float:
        """How far two outputs are apart, as a fraction of how far two targets are."""
        return apart(self.made) / max(apart(self.target), np.finfo(float).tiny)

    @cached_property
    def following(self) -> tuple[float, float]:
        """(how much more an output has to do with its own input than with others, the same by chance at most).

        Of pairs: by which fraction outputs are nearer to their own truth than to that of other inputs. Without pairs:
        the correlation of distances between inputs with those between their outputs (Mantel 1967).
        """
        return followed(self.made, self.target) if self.paired else alike(self.made, self.given)

    @property
    def change(self) -> float | None:
        """How much an input is changed, as a fraction of how much it should be; None where that says nothing."""
        if self.changed is None or self.should is None:
            return None
        return float(self.changed.mean() / max(float(self.should.mean()), np.finfo(float).tiny))

    @cached_property
    def style(self) -> float | None:
        """How far two styles of one input are apart, as a fraction of how far two inputs of one style are."""
        if self.styled is None:
            return None
        between = np.mean([apart(self.styled[:, code]) for code in range(self.styled.shape[1])])
        return style_diversity(styled=self.styled) / max(float(between), np.finfo(float).tiny)


def apart(points: ndarray) -> float:
    """Mean Euclidean distance between two different rows of (n, d)."""
    return float(cdist(points, points).sum() / (len(points) * (len(points) - 1)))


def shuffles(n: int) -> Iterator[ndarray]:
    """Orders of n inputs."""
    rng = np.random.default_rng(0)
    for _ in range(SHUFFLES.value):
        yield rng.permutation(n)


def followed(made: ndarray, truth: ndarray) -> tuple[float, float]:
    """1 - mean distance to the own truth / to that of others: (value, bound by chance). 0: the input says nothing."""
    distance = cdist(made, truth)
    rows = np.arange(len(made))
    others = np.array([distance[rows, order].mean() for order in shuffles(len(made))])
    scale = max(float(others.mean()), np.finfo(float).tiny)
    return float(1 - distance[rows, rows].mean() / scale), float(z_score(EACH.value) * others.std() / scale)


def alike(made: ndarray, given: ndarray) -> tuple[float, float]:
    """Correlation of the distances among inputs and among outputs: (value, bound by chance). 0: nothing is followed."""
    upper = np.triu_indices(len(made), 1)
    inside, outside = cdist(given, given), cdist(made, made)[upper]
    if not outside.std() or not inside[upper].std():
        return 0.0, 0.0
    chance = np.array(
        [np.corrcoef(inside[np.ix_(order, order)][upper], outside)[0, 1] for order in shuffles(len(made))]
    )
    return float(np.corrcoef(inside[upper], outside)[0, 1]), float(z_score(EACH.value) * chance.std())


@dataclass(frozen=True)
class TranslatorFinding:
    """One thing that is wrong, or that nothing is.

    Attributes:
        kind: a name in TRANSLATOR_FINDINGS.
        text: sentences with the numbers.
    """

    kind: str
    text: str

    @property
    def title(self) -> str:
        """The title of its kind."""
        return TRANSLATOR_FINDINGS[self.kind].title

    @property
    def grade(self) -> int:
        """0 healthy, 1 imperfect, 2 collapse or worse."""
        return TRANSLATOR_FINDINGS[self.kind].grade


class TranslatorKind(NamedTuple):
    """A row of TRANSLATOR_FINDINGS.

    Attributes:
        find: the sentences that say so, "" where it is not so.
        alone: whether nothing else is looked for where it is found.
    """

    title: str
    grade: int
    find: Callable[[Translated], str]
    alone: bool = False


TRANSLATOR_FINDINGS: Registry[TranslatorKind] = Registry("finding of translators")  # the gravest first


def one_output(seen: Translated) -> str:
    """Whatever is given, the same comes out."""
    if seen.spread >= ONE_OUTPUT.value:
        return ""
    return f"Two outputs differ by {percent(seen.spread)} of what two real images do: one image comes of all."


def input_ignored(seen: Translated) -> str:
    """Outputs have no more to do with their own input than with another."""
    value, chance = seen.following
    if value >= MIN_FOLLOWING.value and value > chance:
        return ""
    if seen.paired:
        return (
            f"Outputs are {percent(max(value, 0.0))} nearer to their own truth than to that of another input "
            f"(by chance up to {percent(chance)}): they do not depend on what is given."
        )
    return (
        f"How far two inputs are apart says nothing of their outputs (correlation {value:.2f}, by chance up to "
        f"{chance:.2f}): they do not depend on what is given."
    )


def input_copied(seen: Translated) -> str:
    """What is given comes out as it is."""
    least = COPIED_INPUT if seen.paired else COPIED_UNPAIRED
    if seen.change is None or seen.change >= least.value:
        return ""
    return f"An input is changed by {percent(seen.change)} of what it should be: it comes out as it is."


def style_ignored(seen: Translated) -> str:
    """The style code changes nothing."""
    if seen.style is None or seen.style >= MIN_STYLE.value:
        return ""
    return f"Another style changes an output by {percent(seen.style)} of what another input does: the code is not read."


def follows(seen: Translated) -> str:
    """Nothing of the above."""
    value, chance = seen.following
    nearer = f"{percent(value)} nearer to their own truth than to that of another input"
    alike = f"as far apart as their inputs (correlation {value:.2f})"
    style = "" if seen.style is None else f" A style changes {percent(seen.style)} of what another input does."
    bound = percent(chance) if seen.paired else f"{chance:.2f}"
    return f"Outputs are {nearer if seen.paired else alike}, by chance up to {bound}.{style}"


TRANSLATOR_FINDINGS["one-output"] = TranslatorKind("Collapsed to one output", 2, one_output, alone=True)
TRANSLATOR_FINDINGS["input-ignored"] = TranslatorKind("Ignores its input", 2, input_ignored)
TRANSLATOR_FINDINGS["input-copied"] = TranslatorKind("Copies its input", 2, input_copied)
TRANSLATOR_FINDINGS["style-ignored"] = TranslatorKind("Ignores its style", 1, style_ignored)
TRANSLATOR_FINDINGS["follows"] = TranslatorKind("Follows its input", 0, follows)


def diagnose_translator(seen: Translated) -> tuple[TranslatorFinding, ...]:
    """All findings, the gravest first; `follows` where there is no other. Raises UserError for too few inputs."""
    if len(seen.made) < MIN_INPUTS:
        raise UserError(f"{len(seen.made)} inputs are too few for a verdict; {MIN_INPUTS} are the least.")
    found: list[TranslatorFinding] = []
    for name, kind in TRANSLATOR_FINDINGS.items():
        if (kind.grade or not found) and (text := kind.find(seen)):
            found.append(TranslatorFinding(name, text))
            if kind.alone:
                break
    return tuple(found)
