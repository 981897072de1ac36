"""The nearest real images, and whether an image is a copy."""

import numpy as np

from explorer.core.inversion.inverter import Inverter
from explorer.core.inversion.nearest import nearest_to, told
from trainer.features.pixels import as_images


def test_an_image_trained_on_is_its_own_nearest_and_a_copy(inverter: Inverter):
    reference = inverter.reference
    found = nearest_to(reference, as_images(reference.space.images(reference.seen[7:8])))
    assert found.seen_distances[0] < 0.5 * found.seen_distances[1]
    assert (np.diff(found.seen_distances) >= 0).all()
    assert found.copied
    assert "it may be a copy" in told(found, reference)


def test_a_strange_image_is_none(inverter: Inverter):
    reference = inverter.reference
    noise = np.random.default_rng(0).integers(0, 256, (1, reference.resolution, reference.resolution, 3), np.uint8)
    found = nearest_to(reference, as_images(noise))
    assert not found.copied
    assert found.closer > 0.5
    assert "no copy" in told(found, reference)
