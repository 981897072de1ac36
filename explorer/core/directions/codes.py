"""InfoGAN's codes: directions that the training itself gave a meaning."""

from typing import ClassVar, Self

import numpy as np

from explorer.core.directions.base import DIRECTIONS, Directions, Subject
from trainer.util.errors import UserError

FULL = 3.0  # strength, the sliders' end, at which a code has changed by 1


class CodeDirections(Directions):
    """InfoGAN's codes: categorical values first (move the current one to -3, another to 3), then continuous ones.

    Chen et al. 2016, arXiv 1606.03657. They are coordinates of z, and so of w; the choice has one of its values at 1.
    """

    title = "Codes"
    share_of: ClassVar[str] = "of the codes"

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether the generator has codes."""
        return any(subject.generator.codes)

    def fit(self, subject: Subject) -> Self:
        """Raises UserError for a generator without codes."""
        generator = subject.generator
        if not any(generator.codes):
            raise UserError("This generator has no codes: it is not an InfoGAN.")
        count = sum(generator.codes)
        rows = generator.z_dim - count + np.arange(count)
        self.axes_ = np.eye(generator.w_dim, dtype=np.float32)[rows]
        self.scale_ = np.full(count, 1 / FULL, np.float32)
        self.share_ = np.full(count, 1 / count, np.float32)
        return self.named()

    def note(self, axis: int) -> str:
        """Which of the codes an axis changes: `code 3 of 12`."""
        return f"code {axis + 1} of {len(self.axes_)}"


DIRECTIONS["codes"] = CodeDirections
