"""Where the figures are shown, which way is better, and on which scale: read by page, card and table alike."""

from trainer.metrics import all_figures, charts, figures


def those(**wanted) -> set[str]:
    return {key for key, figure in all_figures().items() if all(getattr(figure, k) == v for k, v in wanted.items())}


def test_what_a_model_card_tells_and_what_runs_are_compared_by():
    assert those(table=True) == {
        *("pixel_coverage", "fid", "kid", "precision", "recall", "density", "high_quality"),
    }
    assert those(card=True) == {
        *("pixel_coverage", "least_variety", "as_asked", "fid", "kid", "kid_standardised", "precision", "recall"),
        *("coverage", "modes", "kl", "copy_fraction", "plane_modes", "high_quality", "plane_kl"),
    }


def test_a_share_is_one_and_only_a_difference_has_no_floor():
    of_measures = {key: figure.range for key, figure in figures().items()}
    assert {key for key, range in of_measures.items() if range == (0, 1)} == {
        *("precision", "recall", "coverage", "nn_real", "nn_fake", "share_real", "share_fake", "share_low"),
        *("share_high", "ms_ssim", "ms_ssim_real", "copy_fraction", "high_quality"),
    }
    assert {key for key, range in of_measures.items() if range == (None, None)} == {"kid", "kid_standardised"}
    assert set(of_measures.values()) == {(0, 1), (None, None), (0, None)}


def test_the_charts_of_a_training_follow_each_other_from_losses_to_speed():
    assert [chart["title"] for chart in charts()] == [
        *("Losses", "D's accuracy", "Coverage", "Fréchet distance, lower is better", "Precision, recall"),
        *("Modes captured", "High-quality points", "Diversity (Vendi score)", "Gradient norms"),
        *("Jensen-Shannon divergence, lower bound from D", "Critic's Wasserstein estimate"),
        *("VAE: reconstruction error", "VAE: KL divergence from the prior", "InfoGAN: loss of the codes"),
        *("Augmentation probability (ADA)", "Images per second"),
    ]
    assert [chart["place"] for chart in charts()] == [10, 20, 30, 40, 50, 60, 65, 70, 80, 90, 91, 92, 93, 94, 95, 96]


def test_axes_are_logarithmic_where_values_fall_by_factors():
    assert {next(iter(chart["series"])) for chart in charts() if chart["log"]} == {
        "loss_d", "fid", "grad_d", "reconstruction",
    }  # fmt: skip


def test_the_axis_begins_at_0_where_there_is_no_upper_end_and_no_logarithm():
    assert {next(iter(chart["series"])) for chart in charts() if chart["zero"]} == {
        "modes", "vendi", "divergence", "code_loss", "images_per_s",
    }  # fmt: skip
    assert {next(iter(chart["series"])) for chart in charts() if chart["range"]} == {
        "d_accuracy_real", "pixel_coverage", "precision", "high_quality", "jsd", "augmented",
    }  # fmt: skip
