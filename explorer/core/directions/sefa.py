"""SeFa, closed-form factorisation (Shen and Zhou 2021, arXiv 2007.06600, section 3)."""

from typing import Self

import torch

from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions, Subject, sample_ws
from trainer.util.errors import UserError

MAX_W_DIM = 4096  # numbers of w


class SefaDirections(Directions):
    """Directions that the weights amplify most; computed from the weights alone (SeFa).

    Eigenvectors of A^T A, largest first; the rows of A are those of all style matrices, each of unit length as in the
    authors' code, so that every channel of every layer counts the same.
    """

    title = "SeFa (closed form)"
    share_of = "of the weights"

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether the generator's first layer can be read."""
        return subject.generator.has_first_layer()

    @torch.inference_mode()
    def fit(self, subject: Subject) -> Self:
        """Raises UserError for a w so wide that the eigenvectors would take minutes."""
        generator = subject.generator
        if generator.w_dim > MAX_W_DIM:
            raise UserError(f"w has {generator.w_dim} dimensions; SeFa handles at most {MAX_W_DIM}. Use PCA.")
        a = torch.cat(generator.style_matrices()).double()  # [rows, w_dim]
        a = torch.nn.functional.normalize(a)
        values, vectors = torch.linalg.eigh(a.T @ a)  # ascending
        n = min(N_AXES, generator.w_dim)
        w = sample_ws(generator, 2_000)[:, 0].numpy()
        return self.learn(vectors.T.flip(0)[:n].numpy(), w, (values.flip(0)[:n] / values.sum()).numpy())


DIRECTIONS["sefa"] = SefaDirections
