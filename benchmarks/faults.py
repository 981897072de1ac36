"""Faults made on purpose, out of real pictures that neither the reference nor the extractor has seen.

Each says which findings show it, which verdicts are right and which grave claims (grade 2) are true of it; any other
grave claim is wrong. `known` faults are those that the panel's tests were once chosen on; the others are held out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from trainer.features.feature_set import Extracted

Made = tuple[Extracted, tuple[str, ...]]  # generated pictures, and the classes that a finding has to name


@dataclass
class Material:
    """What faults are made of.

    Attributes:
        pictures: float32 (N, S, S) from 0 to 1, no training was shown them. labels: int (N,), their true classes.
        known: what is known of them. trained: float32 (m, S, S), pictures trained on.
        read: pictures -> what is known of them. n: pictures a case has.
    """

    pictures: np.ndarray
    labels: np.ndarray
    known: Extracted
    trained: np.ndarray
    read: Callable[[np.ndarray], Extracted]
    n: int
    edited: dict[object, Extracted] = field(default_factory=dict)
    parts: dict[int, np.ndarray] = field(default_factory=dict)

    def clusters(self, k: int) -> np.ndarray:
        """int (N,): which of the k styles of its class a picture has, by k-means in pixel space."""
        if k not in self.parts:
            self.parts[k] = np.zeros(len(self.labels), int)
            with threadpool_limits(1, "blas"):
                for label in np.unique(self.labels):
                    rows = np.flatnonzero(self.labels == label)
                    self.parts[k][rows] = KMeans(k, n_init=3, random_state=0).fit_predict(self.known.pixels[rows])
        return self.parts[k]


Make = Callable[
    [Material, np.ndarray, np.random.Generator, int], Made
]  # pool's rows in random order, number of the case
Edit = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Fault:
    """A fault and what a right diagnosis says of it; `right` is `shows` unless it is given."""

    name: str
    make: Make
    shows: tuple[str, ...]
    right: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    known: bool = False

    @property
    def verdicts(self) -> tuple[str, ...]:
        return self.right or self.shows

    @property
    def true(self) -> set[str]:
        return {*self.shows, *self.verdicts, *self.also}


def healthy(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
    return material.known.take(rows[: material.n]), ()


# Modes: which classes, and how often.


def lost(count: int) -> Make:
    """Some classes are not made at all; with one, each class in its turn. Few classes leave fewer pictures."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        gone = [case % 10] if count == 1 else rng.permutation(10)[:count]
        return material.known.take(rows[~np.isin(material.labels[rows], gone)][: material.n]), names(gone)

    return make


def names(classes: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    return tuple(str(int(label)) for label in classes)


def weighted(weights: Callable[[np.random.Generator, int], np.ndarray], named: bool = False) -> Make:
    """Classes in other proportions: each one's share is multiplied by its weight. named: those under 1/4 are gone."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        factors = weights(rng, case)
        labels = material.labels[rows]
        have = np.bincount(labels, minlength=10)
        total = (have * factors).sum()
        n = min(material.n, int(total / factors.max()))  # more than that there is not of the commonest
        wanted = np.minimum(rng.multinomial(n, have * factors / total), have)
        kept = np.concatenate([rows[labels == label][:number] for label, number in enumerate(wanted)])
        return material.known.take(rng.permutation(kept)), names(np.flatnonzero(factors < 0.25)) if named else ()

    return make


def one(factor: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """One class in its turn is made `factor` times as often."""
    return lambda rng, case: np.where(np.arange(10) == case % 10, factor, 1.0)


def some(count: int, factor: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda rng, case: np.where(rng.permutation(10) < count, factor, 1.0)


def zipf(power: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda rng, case: (1.0 + rng.permutation(10)) ** -power


# Variety within the classes.


def styles(k: int, every: bool) -> Make:
    """One of the k styles of a class, or of every class, is never made; each class keeps its share.

    It is one that is no more than half of the class, so that enough pictures are left.
    """

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels, style = material.labels[rows], material.clusters(k)[rows]
        sizes = np.array([np.bincount(style[labels == label], minlength=k) for label in range(10)])
        gone = np.array([rng.choice(np.flatnonzero(of <= of.sum() / 2)) for of in sizes])
        hit = (style == gone[labels]) & (every | (labels == case % 10))
        return material.known.take(keeping_shares(labels, ~hit, rows, material.n)), ()

    return make


def keeping_shares(labels: np.ndarray, kept: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Up to n rows of those kept, each class as often as among all."""
    share = np.bincount(labels, minlength=10) / len(labels)
    n = min(n, int((np.bincount(labels[kept], minlength=10) / share).min()))
    number = np.diff(np.round(np.cumsum(share) * n).astype(int), prepend=0)
    chosen = np.concatenate([rows[kept & (labels == label)][: number[label]] for label in range(10)])
    return np.random.default_rng(len(chosen)).permutation(chosen)


def shrunk(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return pictures.mean(0) + 0.4 * (pictures - pictures.mean(0))


def single(jitter: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    """The first of them again and again: noised, or with 0 moved."""

    def change(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        again = pictures[:1].repeat(len(pictures), 0)
        return noisy(again, jitter, rng) if jitter else moved(again, rng)

    return change


def typical(share: float) -> Make:
    """Only the most typical pictures of each class are made, as with a low psi: those nearest to its mean."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels, kept = material.labels[rows], np.zeros(len(rows), bool)
        for label in range(10):
            of = np.flatnonzero(labels == label)
            points = material.known.pixels[rows[of]]
            far = np.square(points - points.mean(0)).sum(1)
            kept[of[np.argsort(far)[: int(share * len(of))]]] = True
        return material.known.take(keeping_shares(labels, kept, rows, material.n)), ()

    return make


def repeated(share: float, pictures: int = 1, jitter: float = 0.0) -> Make:
    """A share of all pictures are these few, with a little noise."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        count = round(share * material.n)
        few = material.pictures[rows[rng.integers(pictures, size=count)]]
        return mixed(material, rows[pictures:], material.read(noisy(few, jitter, rng)), rng), ()

    return make


def mixed(material: Material, rows: np.ndarray, made: Extracted, rng: np.random.Generator) -> Extracted:
    """Pictures that were made, filled up to n with real ones, shuffled."""
    filled = Extracted.joined([made, material.known.take(rows[: material.n - len(made)])])
    return filled.take(rng.permutation(len(filled)))


def prototypes(each: int, change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Make:
    """So many different pictures a class, each made many times with a small change."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels = material.labels[rows[: material.n]]
        at = [rows[material.labels[rows] == label][:each] for label in range(10)]
        chosen = np.array([at[label][rng.integers(len(at[label]))] for label in labels])
        return material.read(change(material.pictures[chosen], rng)), ()

    return make


def one_class(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Make:
    """The pictures of one class, each in its turn, are replaced by what `change` makes of them."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        rows = rows[: material.n]
        of = material.labels[rows] == case % 10
        return mixed(material, rows[~of], material.read(change(material.pictures[rows[of]], rng)), rng), names(
            [case % 10]
        )

    return make


def noisy(pictures: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return (pictures + deviation * rng.standard_normal(pictures.shape)).clip(0, 1).astype(np.float32)


def grained(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return noisy(pictures, 0.05, rng)


def moved(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned by up to 5 degrees and shifted by up to a pixel, each in its own way."""
    return turned(pictures, rng.uniform(-5, 5, len(pictures)), rng.uniform(-1, 1, (len(pictures), 2)))


def faded(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each with a sixth of another one of them laid over."""
    return pictures * 5 / 6 + pictures[rng.permutation(len(pictures))] / 6


# Copies of the pictures trained on.


def copied(share: float, change: Edit = lambda pictures: pictures, jitter: float = 0.0) -> Make:
    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        which = rng.permutation(len(material.trained))[: round(share * material.n)]
        return mixed(material, rows, material.read(noisy(change(material.trained[which]), jitter, rng)), rng), ()

    return make


# Quality: pictures changed, all or a share of them.


def changed(edit: Edit, share: float = 1.0, then: Make = healthy) -> Make:
    """All pictures of another case, or the first `share` of healthy ones, go through an edit of single pictures."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        if edit not in material.edited:  # once for all cases
            material.edited[edit] = material.read(edit(material.pictures))
        after = replace(material, known=material.edited[edit])
        if then is not healthy:
            after.pictures = edit(material.pictures)
        found, classes = then(after, rows, rng, case)
        count = round(share * len(found))
        rest = material.known.take(rows[count : len(found)])
        return (Extracted.joined([found.take(slice(count)), rest]) if share < 1 else found), classes

    return make


def crossed(share: float) -> Make:
    """Two digits in one picture, half of each."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        a, b = (material.pictures[rng.permutation(rows)[: round(share * material.n)]] for _ in range(2))
        return mixed(material, rows, material.read((a + b) / 2), rng), ()

    return make


def instead(draw: Callable[[tuple[int, ...], np.random.Generator], np.ndarray], share: float = 1.0) -> Make:
    """Something else than digits."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        shape = (round(share * material.n), *material.pictures.shape[1:])
        return mixed(material, rows, material.read(draw(shape, rng).astype(np.float32)), rng), ()

    return make


def turned(pictures: np.ndarray, degrees: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Each picture turned and shifted (n, 2 pixels), bilinear."""
    angle = torch.from_numpy(np.deg2rad(degrees)).float()
    move = torch.from_numpy(shift).float() * 2 / pictures.shape[1]
    rows = [
        torch.stack([angle.cos(), -angle.sin(), move[:, 0]], 1),
        torch.stack([angle.sin(), angle.cos(), move[:, 1]], 1),
    ]
    images = torch.from_numpy(np.ascontiguousarray(pictures))[:, None]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)[:, 0].numpy()


def tilted(most: float) -> Edit:
    def edit(pictures: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        return turned(pictures, rng.uniform(-most, most, len(pictures)), np.zeros((len(pictures), 2)))

    return edit


def blurred(sigma: float) -> Edit:
    return lambda pictures: ndimage.gaussian_filter(pictures, (0, sigma, sigma))


def grainy(deviation: float) -> Edit:
    return lambda pictures: noisy(pictures, deviation, np.random.default_rng(0))


def speckled(share: float) -> Edit:
    def edit(pictures: np.ndarray) -> np.ndarray:
        chance = np.random.default_rng(0).random(pictures.shape)
        return np.where(chance < share / 2, 0, np.where(chance > 1 - share / 2, 1, pictures)).astype(np.float32)

    return edit


def checkered(depth: float) -> Edit:
    """The pattern that transposed convolutions leave."""

    def edit(pictures: np.ndarray) -> np.ndarray:
        y, x = np.indices(pictures.shape[1:])
        return pictures * (1 - depth * ((x + y) % 2)).astype(np.float32)

    return edit


def shifted(pixels: int) -> Edit:
    return lambda pictures: np.roll(pictures, pixels, axis=2)


def halved(pictures: np.ndarray) -> np.ndarray:
    """At half the resolution."""
    small = F.avg_pool2d(torch.from_numpy(np.ascontiguousarray(pictures))[:, None], 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear")[:, 0].numpy()


def wavy(pictures: np.ndarray) -> np.ndarray:
    """Bent by a random smooth field of about 2 pixels, each in its own way."""
    rng, side = np.random.default_rng(0), pictures.shape[1]
    field = torch.from_numpy(rng.normal(0, 2 * 2 / side, (len(pictures), 2, 4, 4))).float()
    field = F.interpolate(field, (side, side), mode="bicubic").permute(0, 2, 3, 1)
    images = torch.from_numpy(np.ascontiguousarray(pictures))[:, None]
    grid = F.affine_grid(torch.eye(2, 3).expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid + field, align_corners=False)[:, 0].numpy()


def mirrored(pictures: np.ndarray) -> np.ndarray:
    return pictures[:, :, ::-1]


def thicker(pictures: np.ndarray) -> np.ndarray:
    return ndimage.maximum_filter(pictures, (1, 2, 2))


def thinner(pictures: np.ndarray) -> np.ndarray:
    return ndimage.minimum_filter(pictures, (1, 2, 2))


blur = blurred(1.0)
BAD = ("quality", "unlike")
FEW = ("within", "dropped", "total-collapse")


def quality(name: str, edit: Edit, share: float = 1.0, known: bool = False, far: bool = False) -> Fault:
    """Lower quality; far: so much that 'not like the real pictures' is right too."""
    return Fault(name, changed(edit, share), BAD if far else BAD[:1], known=known)


HEALTHY = Fault("healthy", healthy, ("healthy",))
FAULTS = (
    Fault("one digit not made", lost(1), ("dropped",), known=True),
    Fault("two digits not made", lost(2), ("dropped",), known=True),
    Fault("five digits not made", lost(5), ("dropped",), known=True),
    Fault("eight digits not made (n about 950)", lost(8), ("dropped",), known=True),
    Fault("nine digits not made (n about 480)", lost(9), ("dropped",), known=True),
    Fault("one digit at a tenth of its share", weighted(one(0.1), named=True), ("dropped",)),
    Fault("one digit at half", weighted(one(0.5)), ("imbalance",), known=True),
    Fault("one digit at three quarters", weighted(one(0.75)), ("imbalance",)),
    Fault("one digit twice as often", weighted(one(2.0)), ("imbalance",)),
    Fault("three digits at half", weighted(some(3, 0.5)), ("imbalance",), known=True),
    Fault("shares as 1 / sqrt(rank)", weighted(zipf(0.5)), ("imbalance",)),
    Fault("shares as 1 / rank (n about 1,500)", weighted(zipf(1.0)), ("imbalance",), known=True),
    Fault("one of 4 styles of a digit lost", styles(4, every=False), ("within",)),
    Fault("one of 2 styles of a digit lost", styles(2, every=False), ("within",)),
    Fault("one of 4 styles of every digit lost", styles(4, every=True), ("within",)),
    Fault("one of 2 styles of every digit lost", styles(2, every=True), ("within",)),
    Fault("the most typical half of each digit", typical(0.5), ("within",)),
    Fault("1 % are one picture", repeated(0.01), ("within",), known=True),
    Fault("3 % are one picture, noised", repeated(0.03, jitter=0.05), ("within",)),
    Fault("10 % are one picture, noised", repeated(0.1, jitter=0.05), ("within",), known=True),
    Fault("10 % are ten pictures, noised", repeated(0.1, 10, jitter=0.05), ("within",)),
    Fault("100 prototypes a digit, noised", prototypes(100, grained), ("within",), known=True),
    Fault("100 prototypes a digit, moved", prototypes(100, moved), ("within",)),
    Fault("30 prototypes a digit, moved", prototypes(30, moved), ("within",)),
    Fault("30 prototypes a digit, cross-faded", prototypes(30, faded), ("within",)),
    Fault("5 prototypes a digit, moved", prototypes(5, moved), ("within",), known=True),
    Fault("one digit is one picture, noised", one_class(single(0.05)), ("within",)),
    Fault("one digit is one picture, moved", one_class(single(0)), ("within",)),
    Fault("one digit shrunk to 0.4 about its mean", one_class(shrunk), ("within",), known=True),
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
    quality("contrast halved", lambda pictures: pictures / 2, far=True),
    quality("background a fifth brighter", lambda pictures: 0.2 + 0.8 * pictures, far=True),
    Fault("mirrored (no digit is a 7 then)", changed(mirrored), BAD, (*BAD, "dropped")),
    quality("black and white swapped", lambda pictures: 1 - pictures, far=True),
    quality("a fifth blurred (2)", blurred(2.0), share=0.2),
    Fault("a tenth is noise", instead(lambda shape, rng: rng.random(shape), 0.1), ("quality",)),
    Fault("a fifth is two digits cross-faded", crossed(0.2), ("quality",)),
    Fault("all are two digits cross-faded", crossed(1.0), BAD),
    Fault("all noise", instead(lambda shape, rng: rng.random(shape)), ("unlike",)),
    Fault("all grey", instead(lambda shape, rng: np.full(shape, 0.5)), ("total-collapse", "unlike")),
    Fault("all one picture, noised", repeated(1.0, jitter=0.02), ("total-collapse",), also=("unlike",)),
    Fault("all one of 5 pictures, noised", repeated(1.0, 5, jitter=0.02), FEW),
    Fault("one digit not made, and blur 1", changed(blur, then=lost(1)), ("dropped",)),
    Fault("one digit at half, and blur 1", changed(blur, then=weighted(one(0.5))), ("imbalance",)),
    Fault("a tenth one picture, and blur 1", changed(blur, then=repeated(0.1)), ("within",)),
)  # fmt: skip
