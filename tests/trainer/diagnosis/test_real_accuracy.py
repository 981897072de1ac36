"""A reader that errs on real images is not held against generated ones."""

import numpy as np
import pytest

from trainer.data import Attribute, Dataset
from trainer.diagnosis import IntraClassStats
from trainer.diagnosis.declared import check_accuracy
from trainer.diagnosis.reference_build import accuracy_on, true_labels
from trainer.features.feature_set import FeatureSet

ANIMALS = Attribute("animal", ("cat", "dog"))


def read_as(labels: list[int]) -> FeatureSet:
    empty = np.zeros((len(labels), 0), np.float32)
    return FeatureSet(empty, (np.eye(2, dtype=np.float32)[labels],), empty)


def known(labels: list[int], attribute: Attribute = ANIMALS) -> Dataset:
    images = np.zeros((len(labels), 4, 4, 1), np.uint8)
    return Dataset("animals", images, np.array(labels)[:, None], (attribute,), "CC0", "the tests", "animals")


@pytest.mark.parametrize(("real_accuracy", "ignored"), [(1.0, True), (0.61, True), (0.6, False), (0.3, False)])
def test_a_label_is_ignored_at_less_than_half_of_what_real_images_give(real_accuracy, ignored):
    assert IntraClassStats("cat", 40, None, 40, 0.3, real_accuracy).label_ignored is ignored


def accuracy(dataset: Dataset, read: FeatureSet) -> tuple[float, ...]:
    true = true_labels(dataset, ANIMALS)
    assert true is not None
    return accuracy_on(true, read, ANIMALS)


def test_the_accuracy_on_real_images_is_counted_class_by_class():
    assert accuracy(known([0, 0, 0, 0, 1, 1]), read_as([0, 0, 0, 1, 1, 0])) == (0.75, 0.5)
    swapped = known([1, 1, 1, 1, 0, 0], Attribute("animal", ("dog", "cat")))  # the same images, told in another order
    assert accuracy(swapped, read_as([0, 0, 0, 1, 1, 0])) == (0.75, 0.5)
    assert accuracy(known([0, 0]), read_as([0, 1])) == (0.5, 1.0)
    more = known([0, 2, -1, 1], Attribute("animal", ("cow", "cat", "dog")))  # a class of its own, and one not known
    assert np.array_equal(true_labels(more, ANIMALS), [-1, 1, -1, 0])


def test_it_is_not_known_of_another_attribute_or_of_unknown_values():
    assert true_labels(known([0], Attribute("plant", ("cat", "dog"))), ANIMALS) is None
    assert true_labels(known([0], Attribute("animal", ("cat", "cow"))), ANIMALS) is None


@pytest.mark.parametrize("shares", [[0.5], [0.5, 1.5], [0.5, True], "ab", [0.5, None]])
def test_a_file_that_declares_another_accuracy_is_refused(shares):
    check_accuracy([0.5, 1], 2)
    check_accuracy([], 2)
    with pytest.raises(ValueError, match="accuracy on real images"):
        check_accuracy(shares, 2)
