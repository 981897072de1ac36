"""GAN-train and GAN-test: can a classifier learn the classes from generated images, and read them in these?"""

import warnings

import numpy as np
from numpy import ndarray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trainer.metrics.base import METRICS, SHARE, Figure, Measure
from trainer.metrics.checks import classes, features


def by_class(*, real: ndarray, real_true: ndarray, fake: ndarray, fake_asked: ndarray) -> dict[str, float]:
    """Accuracies of a linear classifier that is trained on one side and tested on the other.

    gan_train: trained on the fakes, tested on the second half of the reals. gan_test: trained on the first half of the
    reals, tested on the fakes. real_train: trained on the first half, tested on the second, the value that gan_train
    has in healthy data. The paper trains a convolutional network on pixels; this is logistic regression on
    standardised features, so values are comparable within one extractor alone.

    Args: real, fake: features (n, d), (m, d). real_true, fake_asked: their classes (n,), (m,), whole numbers from 0:
        those that the reals are of, and that the fakes were asked for. A classifier's readings would make it circular.
    Returns: all three 0 to 1, higher is better. gan_train below real_train: classes are missing, poor, or lack
        diversity. gan_test below real_train: labels are not followed, or images are poor. NaN where only one class can
        be learned from.
    Bias: gan_train and real_train rise with the number of images trained on, so m is best n / 2.
    Fails: blind to all that the features and a linear border do not show; gan_test is perfect for one image a class.
    Raises: UserError for other shapes, fewer than 4 rows, or classes that are not whole numbers.
    Source: Shmelkov et al. 2018, arXiv 1807.09499.
    """
    real, fake = features(real=real, fake=fake, minimum=4)
    true, asked = classes("real_true", real_true, len(real)), classes("fake_asked", fake_asked, len(fake))
    order = np.random.default_rng(0).permutation(len(real))  # files are often sorted by class
    first, second = np.array_split(order, 2)
    return {
        "gan_train": accuracy(fake, asked, {"": (real[second], true[second])})[""],
        **accuracy(real[first], true[first], {"gan_test": (fake, asked), "real_train": (real[second], true[second])}),
    }


def accuracy(points: ndarray, labels: ndarray, tests: dict[str, tuple[ndarray, ndarray]]) -> dict[str, float]:
    """Shares of each test's points (m, d) whose class (m,) a classifier finds that has learned from these; NaN where
    these are all of one class."""
    if len(np.unique(labels)) < 2:
        return dict.fromkeys(tests, float("nan"))
    classifier = make_pipeline(StandardScaler(), LogisticRegression())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of classes that overlap; it is as good as it gets
        classifier.fit(points, labels)
    return {name: float((classifier.predict(inner) == known).mean()) for name, (inner, known) in tests.items()}


METRICS["gan-train-test"] = Measure(
    by_class,
    gan_train=Figure(
        "GAN-train",
        "accuracy on real images of a classifier trained on generated ones, by their labels",
        better="higher",
        range=SHARE,
        reading="Compare with 'Trained on real images'. Lower: classes are missing, poor, or not diverse.",
        undefined="the generated images are all of one class",
        panel="context",
    ),
    gan_test=Figure(
        "GAN-test",
        "accuracy on generated images, by their labels, of a classifier trained on real ones",
        better="higher",
        range=SHARE,
        reading="Compare with 'Trained on real images'. Lower: labels are not followed. Blind to diversity.",
        undefined="the real images are all of one class",
        panel="context",
    ),
    real_train=Figure(
        "Trained on real images",
        "accuracy on real images of a classifier trained on other real ones",
        range=SHARE,
        reading="What GAN-train and GAN-test would be of real images.",
        undefined="the real images are all of one class",
        panel="context",
    ),
)
