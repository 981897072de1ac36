"""From seeds to images: one way, whatever else is drawn with them, on however many threads."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trainer.checkpoints import checkpoint, sampling
from trainer.checkpoints.checkpoint import load_generator, preview, read_info
from trainer.checkpoints.sampling import in_passes, map_z, sample, seed_noise, seed_z
from trainer.networks import ARCHITECTURES, Generator, latent_architectures
from trainer.networks.stylegan_lite import StyleGanGenerator
from trainer.util.images import sheet


@pytest.fixture(params=[(arch, classes) for arch in latent_architectures() for classes in (0, 3)], ids=str)
def generator(request, checkpoint) -> Generator:
    folder = checkpoint(*request.param)
    return load_generator(folder, read_info(folder))


@pytest.fixture
def layered(checkpoint) -> Generator:
    """One with noise inputs."""
    folder = checkpoint("stylegan-lite")
    return load_generator(folder, read_info(folder))


@pytest.fixture
def threads():
    """Set how many threads PyTorch has; as before afterwards."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("noise", ["fixed", "random"])
def test_an_image_depends_on_its_seed_alone(generator, noise):
    together = sample(generator, range(9), noise=noise)
    assert together.shape == (9, generator.resolution, generator.resolution, generator.channels)
    assert np.array_equal(together[3:8], sample(generator, range(3, 8), noise=noise))
    assert np.array_equal(together[[5]], sample(generator, [5], noise=noise))
    assert not np.array_equal(together[0], together[1])


def test_a_seeds_class_is_its_place_in_the_turn_wherever_the_row_begins(checkpoint):
    folder = checkpoint("dcgan", 3)
    g = load_generator(folder, read_info(folder))
    in_turn = sample(g, range(4, 10))
    assert np.array_equal(in_turn, sample(g, range(4, 10), [1, 2, 0, 1, 2, 0]))
    assert not np.array_equal(in_turn, sample(g, range(4, 10), [0] * 6))


def test_psi_0_gives_one_image_and_psi_1_the_generators_own(generator):
    flat = sample(generator, range(3), psi=0.0)
    assert (flat == flat[:1]).all()
    assert not np.array_equal(flat[0], sample(generator, [0], psi=1.0)[0])


def test_noise_is_the_same_for_all_or_the_seeds_own_or_none(layered):
    flat = {mode: sample(layered, range(3), psi=0.0, noise=mode) for mode in ("fixed", "random", "none")}
    assert [len(np.unique(images, axis=0)) for images in flat.values()] == [1, 3, 1]
    assert not np.array_equal(flat["fixed"], flat["none"])


def test_fixed_noise_is_that_of_seed_0_and_no_noise_is_zeros(layered):
    fixed, random, none = (seed_noise(layered, [3, 0], [mode] * 2) for mode in ("fixed", "random", "none"))
    assert [tuple(layer.shape) for layer in fixed] == [(2, 1, size, size) for size in layered.noise_sizes]
    for layer, own, nothing in zip(fixed, random, none, strict=True):
        assert torch.equal(layer[0], layer[1])
        assert torch.equal(own[1], layer[1])
        assert not torch.equal(own[0], layer[0])
        assert nothing.abs().sum() == 0


def test_every_seed_has_a_mode_of_noise(layered):
    with pytest.raises(ValueError, match="shorter"):
        seed_noise(layered, [3, 0], ["fixed"])


def test_a_generator_without_noise_inputs_is_given_none(checkpoint):
    folder = checkpoint("dcgan")
    assert seed_noise(load_generator(folder, read_info(folder)), [0], ["fixed"]) is None


def test_what_is_not_asked_for_is_no_truncation_fixed_noise_and_the_first_class(checkpoint, layered):
    usual = sample(layered, range(3))
    assert np.array_equal(usual, sample(layered, range(3), psi=1.0, noise="fixed", exact=True))
    folder = checkpoint("dcgan", 3)
    conditional = load_generator(folder, read_info(folder))
    z = seed_z(5, conditional.z_dim)
    assert torch.equal(map_z(conditional, z), map_z(conditional, z, 0))
    assert not torch.equal(map_z(conditional, z), map_z(conditional, z, 1))


def test_passes_for_statistics_hold_sixteen_images(layered, threads):
    threads(1)
    seen = []
    in_passes(layered, 20, lambda rows: seen.append(list(rows)) or np.array(rows), exact=False)
    assert seen == [list(range(16)), [16, 17, 18, *[19] * 13]]


def test_images_are_drawn_in_passes_of_the_generators_size_unless_bulk_is_asked_for(layered, monkeypatch):
    synthesize, seen = layered.synthesize, []
    monkeypatch.setattr(layered, "synthesize", lambda ws, noise: seen.append(len(ws)) or synthesize(ws, noise))
    sample(layered, range(3))
    sample(layered, range(3), exact=False)
    assert seen == [layered.pass_size] * 2 + [16]


@pytest.mark.parametrize(("side", "size"), [(1, 64), (256, 64), (257, 63), (512, 16), (2048, 1), (4096, 1)])
def test_a_pass_on_an_accelerator_holds_as_many_pixels_as_64_images_of_256(side, size):
    device = SimpleNamespace(w_avg=SimpleNamespace(device=SimpleNamespace(type="cuda")), resolution=side)
    seen = []
    in_passes(device, 100, lambda rows: seen.append(len(rows)) or np.array(rows))
    assert set(seen) == {size}


def test_larger_passes_give_the_same_images_but_for_the_last_bits(generator):
    exact, bulk = (sample(generator, range(40), exact=exact).astype(float) for exact in (True, False))
    assert np.abs(exact - bulk).max() <= (1e-6 if generator.channels == 2 else 1)


@pytest.mark.parametrize("exact", [True, False])
def test_threads_change_no_bit_and_are_as_before_afterwards(generator, exact, threads):
    threads(1)
    alone = sample(generator, range(37), exact=exact)
    threads(3)
    assert np.array_equal(sample(generator, range(37), exact=exact), alone)
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(
    ("available", "passes", "pooled"),
    [(1, 3, False), (2, 1, False), (3, 1, False), (2, 3, True), (3, 2, True), (3, 3, True)],
)
def test_each_pass_has_one_thread_and_several_passes_have_one_each(layered, threads, available, passes, pooled):
    threads(available)
    seen = []

    def draw(rows):
        seen.append((threading.current_thread().name.startswith("sampling"), torch.get_num_threads()))
        return np.array(rows)

    in_passes(layered, passes * layered.pass_size, draw)
    assert seen == [(pooled, 1)] * passes


def test_threads_are_as_before_after_a_failure_too(layered, threads):
    def fail(rows):
        raise ValueError("broken")

    threads(2)
    with pytest.raises(ValueError, match="broken"):
        in_passes(layered, 5, fail)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("count", "passes"), [(1, [[0, 0]]), (2, [[0, 1]]), (5, [[0, 1], [2, 3], [4, 4]])])
def test_the_last_pass_is_filled_up_with_the_last_image(layered, count, passes):
    seen = []

    def draw(rows):
        seen.append(list(rows))
        return np.array(rows)

    assert in_passes(layered, count, draw).tolist() == list(range(count))
    assert seen == passes


def test_the_z_of_a_seed_is_the_one_of_every_link():
    assert seed_z(0, 3).tolist() == np.array([1.117622, -1.3871249, -0.4265716], np.float32).tolist()


def test_a_preview_shows_the_first_sixteen_seeds(layered):
    assert np.array_equal(np.asarray(preview(layered)), np.asarray(sheet(sample(layered, range(16)), columns=4)))


def test_noise_that_came_with_the_weights_is_drawn_where_it_is_fixed():
    g = StyleGanGenerator(8, 1, z_dim=4, width=4, noise_const=True)
    for layer in g.noise_const.buffers():
        layer.normal_(generator=torch.Generator().manual_seed(5))
    own, random, none = (seed_noise(g, [7], [mode])[1] for mode in ("fixed", "random", "none"))
    assert torch.equal(own, g.noise_const.layer1)
    assert torch.equal(random, g.draw_noise(1, torch.Generator().manual_seed(7))[1])
    assert not none.any()


@pytest.mark.parametrize("exact", [True, False])
def test_large_images_are_drawn_one_after_the_other_by_all_threads(exact, monkeypatch):
    monkeypatch.setattr(sampling, "LARGE", 16)
    g = ARCHITECTURES["dcgan"].generator(16, 1, z_dim=4, width=4).eval()
    g.pass_size = 1
    threads, seen = torch.get_num_threads(), []

    def draw(rows):
        seen.append((list(rows), torch.get_num_threads(), threading.get_ident()))
        return np.zeros((1, 16, 16, 1), np.uint8)

    assert len(in_passes(g, 3, draw, exact)) == 3
    assert seen == [([i], threads, threading.get_ident()) for i in range(3)]


def test_the_preview_of_large_images_is_a_row_made_smaller(monkeypatch):
    g = ARCHITECTURES["dcgan"].generator(16, 1, z_dim=4, width=4).eval()
    assert preview(g).size == (64, 64)
    monkeypatch.setattr(checkpoint, "LARGE", 16)
    monkeypatch.setattr(checkpoint, "PREVIEWED_SIDE", 8)
    assert preview(g).size == (32, 8)
