"""The same numbers as the reference packages, to 1e-4 relative."""

import numpy as np
import pytest
import torch

from trainer.metrics.diversity import ms_ssim
from trainer.metrics.fid import frechet_distance
from trainer.metrics.inception import inception_score
from trainer.metrics.kid import kernel_distance
from trainer.metrics.prdc import knn_membership, prdc, prdc_figures
from trainer.metrics.vendi import vendi_score

CLOSE = {"rel": 1e-4, "abs": 1e-9}


def wide(*arrays):
    return tuple(torch.from_numpy(np.asarray(array, np.float64)) for array in arrays)


@pytest.fixture
def torchmetrics():
    from trainer.util import torchvision_fix  # noqa: F401 - before torchvision, which torchmetrics imports

    return pytest.importorskip("torchmetrics")


@pytest.fixture
def torch_fidelity():
    from trainer.util import torchvision_fix  # noqa: F401 - before torchvision, which torch-fidelity imports

    return pytest.importorskip("torch_fidelity")


def test_frechet_as_torchmetrics(case, torchmetrics):
    from torchmetrics.image.fid import _compute_fid

    real, fake = wide(*case)
    theirs = _compute_fid(real.mean(0), torch.cov(real.T), fake.mean(0), torch.cov(fake.T))
    # Their square roots of singular covariances are good to half the digits of the trace only.
    half = 1e-6 * float(torch.cov(real.T).trace())
    assert frechet_distance(real=case[0], fake=case[1]) == pytest.approx(float(theirs), rel=1e-4, abs=half)


def test_frechet_as_torch_fidelity(case, torch_fidelity):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    real, fake = map(fid_features_to_statistics, wide(*case))
    theirs = fid_statistics_to_metric(fake, real, verbose=False)["frechet_inception_distance"]
    half = 1e-6 * float(np.trace(real["sigma"]))
    assert frechet_distance(real=case[0], fake=case[1]) == pytest.approx(theirs, rel=1e-4, abs=half)


def test_kernel_distance_as_torchmetrics(case, torchmetrics):
    from torchmetrics.image.kid import poly_mmd

    theirs = float(poly_mmd(*wide(*case), degree=3, gamma=None, coef=1.0))
    assert kernel_distance(real=case[0], fake=case[1])["kid"] == pytest.approx(theirs, **CLOSE)


def test_kernel_distance_as_torch_fidelity(case, torch_fidelity):
    from torch_fidelity.metric_kid import kid_features_to_metric

    real, fake = wide(*case)
    options = {"kid_subsets": 1, "kid_subset_size": len(real), "rng_seed": 0, "verbose": False}
    theirs = kid_features_to_metric(fake, real, **options)["kernel_inception_distance_mean"]
    assert kernel_distance(real=case[0], fake=case[1])["kid"] == pytest.approx(theirs, **CLOSE)


@pytest.mark.parametrize("k", [3, 5])
def test_precision_to_coverage_as_prdc(case, k):
    reference = pytest.importorskip("prdc")
    real, fake = (np.asarray(array, np.float64) for array in case)
    theirs = reference.compute_prdc(real_features=real, fake_features=fake, nearest_k=k)
    assert prdc(real=case[0], fake=case[1], k=k) == pytest.approx(theirs, **CLOSE)
    assert prdc_figures(knn_membership(real=case[0], fake=case[1], k=k), k) == pytest.approx(theirs, **CLOSE)


def test_precision_and_recall_as_torch_fidelity_with_the_k_of_kynkaanniemi(sets, torch_fidelity):
    from torch_fidelity.metric_prc import calculate_precision_recall_full

    for name in ("healthy", "dropped", "small"):  # its `<=` differs where distances tie
        real, fake = sets(name)
        precision, recall = calculate_precision_recall_full(*wide(fake, real), neighborhood=3)
        ours = prdc(real=real, fake=fake, k=3)
        assert (ours["precision"], ours["recall"]) == pytest.approx((precision, recall), **CLOSE)


def test_vendi_as_vendi_score(case):
    reference = pytest.importorskip("vendi_score.vendi")
    for points in case:
        points = np.asarray(points, np.float64)
        theirs = reference.score_dual(points) if points.shape[1] < len(points) else reference.score_X(points)
        assert vendi_score(points=points) == pytest.approx(theirs, **CLOSE)


def test_inception_score_as_torch_fidelity(torch_fidelity):
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits = torch.randn(500, 10, generator=torch.Generator().manual_seed(0)) * 3
    theirs = isc_features_to_metric(logits, splits=10, shuffle=False)
    ours = inception_score(fake_probabilities=logits.double().softmax(1).numpy())
    assert list(ours.values()) == pytest.approx(list(theirs.values()), **CLOSE)


def test_ms_ssim_as_pytorch_msssim():
    reference = pytest.importorskip("pytorch_msssim")
    rng = np.random.default_rng(0)
    first = np.cumsum(rng.normal(size=(2, 3, 176, 176)), axis=3) / 30  # streaks, so that every scale has contrast
    first /= abs(first).max()
    second = 0.8 * first + 0.1 * rng.uniform(-1, 1, first.shape)
    theirs = reference.ms_ssim(*wide((first + 1) / 2, (second + 1) / 2), data_range=1, size_average=False)
    assert 0.1 < float(theirs.min()) < float(theirs.max()) < 0.99
    assert ms_ssim(first=first, second=second) == pytest.approx(theirs.numpy(), **CLOSE)
