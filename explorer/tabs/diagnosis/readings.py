"""What the page says of each measure: a title, one sentence of explanation, and the ends of its scale."""

from typing import NamedTuple

SHARE = (0.0, 1.0)


class Row(NamedTuple):
    """How a reading is shown. `ends`: least and most that the measure can be, None where there is no such end."""

    title: str
    help: str
    ends: tuple[float | None, float | None] = (0.0, None)


VERDICT = {  # what the verdict rests on, beside the modes
    "pixel_coverage": Row(
        "Coverage",
        "Share of real pictures with a generated one in their neighbourhood (k = 5, pixel space). Low: variety is "
        "missing, or the pictures are off.",
        SHARE,
    ),
    "duplicates": Row(
        "Near-duplicates",
        "Pairs of generated pictures as alike as the closest 1 in 100,000 of real pairs (pixel space, scaled). Many: "
        "few different pictures are made.",
    ),
    "copy_fraction": Row(
        "Copies",
        "Share of generated pictures nearer to a picture trained on than 99 % of unseen real ones are (pixel space). "
        "High: the model has learned pictures by heart.",
        SHARE,
    ),
    "precision": Row(
        "Precision",
        "Share of generated pictures within a real one's neighbourhood (k = 5, features). Low: they look like no real "
        "one.",
        SHARE,
    ),
    "density": Row(
        "Density",
        "How densely the generated pictures lie among the real ones; 1 for real data (k = 5, features). Low: lower "
        "quality.",
    ),
    "kid": Row(
        "Kernel distance",
        "Distance between both sets of features (KID, cubic kernel, unbiased). It rises with any difference. Its unit "
        "is the extractor's own: compare it only with the healthy values, or with the same extractor.",
        (None, None),
    ),
}
CONTEXT = {  # what a person of the field asks for; no verdict rests on it
    "fid": Row(
        "Frechet distance",
        "Distance between Gaussians fitted to both sets of features. Not Inception's: compare it only with the same "
        "extractor.",
    ),
    "recall": Row(
        "Recall",
        "Share of real pictures within a generated one's neighbourhood (k = 5, features). It falls on blur as on "
        "collapse.",
        SHARE,
    ),
    "coverage": Row("Coverage in features", "As coverage above, in the extractor's features.", SHARE),
    "nn_fake": Row(
        "1-NN, generated side",
        "Share of generated pictures whose nearest neighbour is generated; one half for real data. Near 1: clumped, or "
        "apart from the real ones.",
        SHARE,
    ),
    "nn_real": Row(
        "1-NN, real side",
        "Share of real pictures whose nearest neighbour is real; one half for real data.",
        SHARE,
    ),
    "vendi": Row(
        "Vendi score",
        "Effective number of different pictures by the directions of their features. Noise looks diverse.",
    ),
    "feature_distance": Row("Mean distance", "Between two generated pictures, in features. Near 0: total collapse."),
    "inception_score": Row(
        "Inception-type score", "Confident and varied classes by the data's own classifier, 1 to the number of classes."
    ),
    "rarity": Row(
        "Rarity", "Mean radius of the smallest real neighbourhood around a generated picture. Neither end is good."
    ),
}
