"""The verdict on translators: each failure, constructed, is found, and what is healthy is not."""

from dataclasses import replace

import numpy as np
import pytest

from trainer.diagnosis.translators import TRANSLATOR_FINDINGS, Translated, diagnose_translator
from trainer.util.errors import UserError

N, D = 60, 8


def healthy(paired: bool, seed: int = 0) -> Translated:
    """Outputs that lie near what belongs to their input, in two styles."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(N, D))
    made = truth + 0.5 * rng.normal(size=(N, D))
    given = truth @ rng.normal(size=(D, D))
    styled = made[:20, None] + 0.4 * rng.normal(size=(1, 4, D))
    ones = np.ones(N)
    return Translated(made, truth if paired else rng.normal(size=(N, D)), paired, given, 0.5 * ones, 0.6 * ones, styled)


def verdict(seen: Translated) -> str:
    return diagnose_translator(seen)[0].kind


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_what_follows_its_input_is_healthy(paired, seed):
    (found,) = diagnose_translator(healthy(paired, seed))
    assert (found.kind, found.grade, found.title) == ("follows", 0, "Follows its input")


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_outputs_of_shuffled_inputs_ignore_their_input(paired, seed):
    seen = healthy(paired, seed)
    order = np.random.default_rng(seed + 100).permutation(N)
    assert verdict(replace(seen, made=seen.made[order])) == "input-ignored"


@pytest.mark.parametrize("paired", [True, False])
def test_one_output_is_a_collapse_and_nothing_else_counts(paired):
    seen = healthy(paired)
    one = replace(seen, made=seen.made[:1] + 0.01 * seen.made)
    assert [found.kind for found in diagnose_translator(one)] == ["one-output"]
    assert verdict(replace(seen, made=np.repeat(seen.made[:1], N, 0))) == "one-output"


def test_an_input_that_comes_out_as_it_is_was_copied():
    seen = healthy(False)
    assert verdict(replace(seen, changed=0.01 * np.ones(N))) == "input-copied"
    assert verdict(replace(seen, changed=None, should=None)) == "follows"


def test_a_style_that_changes_nothing_is_ignored():
    seen = healthy(True)
    same = np.repeat(seen.styled[:, :1], 4, axis=1)
    assert verdict(replace(seen, styled=same)) == "style-ignored"
    assert verdict(replace(seen, styled=None)) == "follows"


def test_the_gravest_finding_comes_first():
    seen = healthy(True)
    order = np.random.default_rng(7).permutation(N)
    both = replace(seen, made=seen.made[order], styled=np.repeat(seen.styled[:, :1], 4, axis=1))
    assert [found.kind for found in diagnose_translator(both)] == ["input-ignored", "style-ignored"]
    grades = [kind.grade for kind in TRANSLATOR_FINDINGS.values()]
    assert grades == sorted(grades, reverse=True)


def test_too_few_inputs_are_told():
    seen = healthy(True)
    with pytest.raises(UserError, match="5 inputs are too few"):
        diagnose_translator(replace(seen, made=seen.made[:5]))
