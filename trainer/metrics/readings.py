"""Figures of a verdict that are no measure's own: neighbourhoods in pixel space, and what is made of each class."""

from trainer.metrics.base import FIGURES, SHARE, Chart, Figure

FIGURES["pixel_coverage"] = Figure(
    "Coverage",
    "share of real neighbourhoods that contain a generated image (k = 5, pixel space)",
    better="higher",
    range=SHARE,
    reading="Low: little diversity, or poor images.",
    panel="verdict",
    chart=Chart("Coverage", 30),
    label="generated",
    card=True,
    table=True,
)
FIGURES["pixel_precision"] = Figure(
    "Precision in pixel space",
    "share of generated images within a real neighbourhood (k = 5, pixel space)",
    better="higher",
    range=SHARE,
)
FIGURES["pixel_recall"] = Figure(
    "Recall in pixel space",
    "share of real images within a generated neighbourhood (k = 5, pixel space)",
    better="higher",
    range=SHARE,
)
FIGURES["pixel_density"] = Figure(
    "Density in pixel space",
    "real neighbourhoods around a generated image, over k; 1 for real data (k = 5, pixel space)",
    better="higher",
)
FIGURES["pixel_duplicates"] = Figure(
    "Near-duplicates in pixel space", "duplicates, counted in pixel space as a verdict does", better="lower"
)
FIGURES["least_variety"] = Figure(
    "Lowest diversity of a class",
    "standard deviation in pixel space relative to real images, of the class with the lowest",
    better="higher",
    card=True,
)
FIGURES["as_asked"] = Figure(
    "Label accuracy",
    "share of a conditional model's images that are classified as their label",
    better="higher",
    range=SHARE,
    card=True,
)
