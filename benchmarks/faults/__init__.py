"""Faults made on purpose, out of real images that neither the reference nor the extractor has seen.

Each says which findings show it, which verdicts are right and which grave claims (grade 2) are true of it; any other
grave claim is wrong. `known` faults are those that the panel's tests were once chosen on; the others are held out.
"""

import numpy as np

from benchmarks.faults.base import Edit, Fault, healthy
from benchmarks.faults.classes import lost, one, some, styles, weighted, zipf
from benchmarks.faults.edits import (
    blurred,
    changed,
    checkered,
    copied,
    crossed,
    grainy,
    halved,
    instead,
    mirrored,
    shifted,
    speckled,
    thicker,
    thinner,
    tilted,
    wavy,
)
from benchmarks.faults.variety import faded, grained, moved, one_class, prototypes, repeated, shrunk, single, typical

blur = blurred(1.0)
BAD = ("quality", "out-of-distribution")
FEW = ("intra-mode-collapse", "mode-dropping", "total-collapse")


def quality(name: str, edit: Edit, share: float = 1.0, known: bool = False, far: bool = False) -> Fault:
    """Lower quality; far: so much that 'not like the real images' is right too."""
    return Fault(name, changed(edit, share), BAD if far else BAD[:1], known=known)


HEALTHY = Fault("healthy", healthy, ("healthy",))
FAULTS = (
    Fault("one digit not made", lost(1), ("mode-dropping",), known=True),
    Fault("two digits not made", lost(2), ("mode-dropping",), known=True),
    Fault("five digits not made", lost(5), ("mode-dropping",), known=True),
    Fault("eight digits not made (n about 950)", lost(8), ("mode-dropping",), known=True),
    Fault("nine digits not made (n about 480)", lost(9), ("mode-dropping",), known=True),
    Fault("one digit at a tenth of its share", weighted(one(0.1), named=True), ("mode-dropping",)),
    Fault("one digit at half", weighted(one(0.5)), ("imbalance",), known=True),
    Fault("one digit at three quarters", weighted(one(0.75)), ("imbalance",)),
    Fault("one digit twice as often", weighted(one(2.0)), ("imbalance",)),
    Fault("three digits at half", weighted(some(3, 0.5)), ("imbalance",), known=True),
    Fault("shares as 1 / sqrt(rank)", weighted(zipf(0.5)), ("imbalance",)),
    Fault("shares as 1 / rank (n about 1,500)", weighted(zipf(1.0)), ("imbalance",), known=True),
    Fault("one of 4 styles of a digit lost", styles(4, every=False), ("intra-mode-collapse",)),
    Fault("one of 2 styles of a digit lost", styles(2, every=False), ("intra-mode-collapse",)),
    Fault("one of 4 styles of every digit lost", styles(4, every=True), ("intra-mode-collapse",)),
    Fault("one of 2 styles of every digit lost", styles(2, every=True), ("intra-mode-collapse",)),
    Fault("the most typical half of each digit", typical(0.5), ("intra-mode-collapse",)),
    Fault("1 % are one image", repeated(0.01), ("intra-mode-collapse",), known=True),
    Fault("3 % are one image, noised", repeated(0.03, jitter=0.05), ("intra-mode-collapse",)),
    Fault("10 % are one image, noised", repeated(0.1, jitter=0.05), ("intra-mode-collapse",), known=True),
    Fault("10 % are ten images, noised", repeated(0.1, 10, jitter=0.05), ("intra-mode-collapse",)),
    Fault("100 prototypes a digit, noised", prototypes(100, grained), ("intra-mode-collapse",), known=True),
    Fault("100 prototypes a digit, moved", prototypes(100, moved), ("intra-mode-collapse",)),
    Fault("30 prototypes a digit, moved", prototypes(30, moved), ("intra-mode-collapse",)),
    Fault("30 prototypes a digit, cross-faded", prototypes(30, faded), ("intra-mode-collapse",)),
    Fault("5 prototypes a digit, moved", prototypes(5, moved), ("intra-mode-collapse",), known=True),
    Fault("one digit is one image, noised", one_class(single(0.05)), ("intra-mode-collapse",)),
    Fault("one digit is one image, moved", one_class(single(0)), ("intra-mode-collapse",)),
    Fault("one digit shrunk to 0.4 about its mean", one_class(shrunk), ("intra-mode-collapse",), known=True),
    Fault("3 % copied from training", copied(0.03), ("memorised",), known=True),
    Fault("5 % copied", copied(0.05), ("memorised",), known=True),
    Fault("10 % copied", copied(0.1), ("memorised",), known=True),
    Fault("30 % copied", copied(0.3), ("memorised",), known=True),
    Fault("all copied", copied(1.0), ("memorised",)),
    Fault("10 % copied, noised (0.1)", copied(0.1, jitter=0.1), ("memorised",)),
    Fault("30 % copied, shifted by a pixel", copied(0.3, shifted(1)), ("memorised",), ("memorised", "quality")),
    Fault("30 % copied, mirrored", copied(0.3, mirrored), ("memorised",), ("memorised", "quality")),
    quality("blur 0.5", blurred(0.5), known=True),
    quality("blur 1", blur, known=True),
    quality("blur 2", blurred(2.0), known=True, far=True),
    quality("noise 0.1", grainy(0.1), known=True),
    quality("noise 0.3", grainy(0.3), known=True, far=True),
    quality("2 % salt and pepper", speckled(0.02)),
    quality("checkerboard, a quarter deep", checkered(0.25)),
    quality("half the resolution", halved),
    quality("turned by up to 30 degrees", tilted(30)),
    quality("bent by about 2 pixels", wavy, far=True),
    quality("shifted by a pixel", shifted(1)),
    quality("shifted by 3 pixels", shifted(3), far=True),
    quality("thicker", thicker),
    quality("thinner", thinner, far=True),
    quality("contrast halved", lambda images: images / 2, far=True),
    quality("background a fifth brighter", lambda images: 0.2 + 0.8 * images, far=True),
    Fault("mirrored (no digit is a 7 then)", changed(mirrored), BAD, (*BAD, "mode-dropping")),
    quality("black and white swapped", lambda images: 1 - images, far=True),
    quality("a fifth blurred (2)", blurred(2.0), share=0.2),
    Fault("a tenth is noise", instead(lambda shape, rng: rng.random(shape), 0.1), ("quality",)),
    Fault("a fifth is two digits cross-faded", crossed(0.2), ("quality",)),
    Fault("all are two digits cross-faded", crossed(1.0), BAD),
    Fault("all noise", instead(lambda shape, rng: rng.random(shape)), ("out-of-distribution",)),
    Fault("all grey", instead(lambda shape, rng: np.full(shape, 0.5)), ("total-collapse", "out-of-distribution")),
    Fault("all one image, noised", repeated(1.0, jitter=0.02), ("total-collapse",), also=("out-of-distribution",)),
    Fault("all one of 5 images, noised", repeated(1.0, 5, jitter=0.02), FEW),
    Fault("one digit not made, and blur 1", changed(blur, then=lost(1)), ("mode-dropping",)),
    Fault("one digit at half, and blur 1", changed(blur, then=weighted(one(0.5))), ("imbalance",)),
    Fault("a tenth one image, and blur 1", changed(blur, then=repeated(0.1)), ("intra-mode-collapse",)),
)  # fmt: skip
