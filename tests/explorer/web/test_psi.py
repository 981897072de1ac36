"""psi has one range: what a slider can say, a recipe can hold, and nothing beyond."""

import re

import pytest

from explorer.core.recipe import Recipe
from explorer.web import element
from trainer.checkpoints.spec import MAX_PSI, MIN_PSI
from trainer.util.errors import UserError


@pytest.mark.parametrize("tab", ["sample", "slide", "diagnosis"])
def test_a_slider_of_psi_has_the_range_of_a_recipe(tab):
    slider = re.search(r'<input [^>]*data-field="psi"[^>]*>', str(element(tab).html_template))
    low, high = (float(re.search(rf'{end}="([^"]+)"', slider[0])[1]) for end in ("min", "max"))
    assert (low, high) == (MIN_PSI, MAX_PSI)
    assert [Recipe("m", psi=psi).psi for psi in (low, high)] == [low, high]
    for beyond in (low - 0.05, high + 0.05):
        with pytest.raises(UserError, match="psi is"):
            Recipe("m", psi=beyond)
