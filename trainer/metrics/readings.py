"""Figures of a verdict that are no measure's own: neighbourhoods in pixel space, and what is made of each class."""

from trainer.metrics.base import FIGURES, SHARE, Chart, Figure

FIGURES["pixel_coverage"] = Figure(
    "Coverage",
    "share of real images with a generated one in their neighbourhood (k = 5, pixel space)",
    better="higher",
    range=SHARE,
    reading="Low: variety is missing, or the images are off.",
    panel="verdict",
    chart=Chart("Coverage", 30),
    label="generated",
    card=True,
    table=True,
)
FIGURES["pixel_precision"] = Figure(
    "Precision in pixel space",
    "share of generated images within a real one's neighbourhood (k = 5, pixel space)",
    better="higher",
    range=SHARE,
)
FIGURES["pixel_recall"] = Figure(
    "Recall in pixel space",
    "share of real images within a generated one's neighbourhood (k = 5, pixel space)",
    better="higher",
    range=SHARE,
)
FIGURES["pixel_density"] = Figure(
    "Density in pixel space",
    "real neighbourhoods around a generated image, 1 in healthy data (k = 5, pixel space)",
    better="higher",
)
FIGURES["pixel_duplicates"] = Figure(
    "Near-duplicates in pixel space", "duplicates, counted in pixel space as a verdict does", better="lower"
)
FIGURES["least_variety"] = Figure(
    "Least variety of a class",
    "spread of a class's images in pixel space over that of its real ones, in the class with least",
    better="higher",
    card=True,
)
FIGURES["as_asked"] = Figure(
    "Made as asked for",
    "share of a conditional model's images that are read as the class asked for",
    better="higher",
    range=SHARE,
    card=True,
)
