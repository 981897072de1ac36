"""What a training begins with, and what it cannot begin with."""

from dataclasses import replace

import pytest

from trainer.training.setup import check_dataset, new_state
from trainer.util.errors import UserError


@pytest.mark.parametrize(
    ("settings", "facts", "message"),
    [
        ({}, {"n": 1}, r"squares has 1 image; a GAN needs at least 2"),
        ({"conditional": True}, {"classes": 0}, r"--conditional needs classes; squares has none"),
        ({"balance": "hair"}, {}, r"--balance 'hair' is no attribute of squares: it has parity"),
        ({"balance": "hair"}, {"classes": 0}, r"--balance 'hair' is no attribute of squares: it has none"),
        ({"conditional": True}, {"classes": 1}, r"--conditional needs classes; squares has none"),
    ],
)
def test_data_that_cannot_be_trained_on_is_told(settings, facts, message, tiny, squares, fabric):
    config = tiny(**settings)
    with pytest.raises(UserError, match=message):
        new_state(config, squares(config, **facts), fabric)


def test_images_without_a_class_are_counted_where_classes_are_asked_for(tiny, squares):
    config = tiny(conditional=True)
    data = squares(config)
    data.labels[:3] = -1
    with pytest.raises(UserError, match=r"3 of 10 in squares have none"):
        check_dataset(config, data)
    check_dataset(replace(config, conditional=False), data)
