"""Every constant of a verdict, with what it means and where it comes from.

Chances divide ALPHA among the tests of the diagnosis. Shares are definitions of the words that they stand for, not
significance: a verdict asks for both. docs/diagnostics.md shows these as a table, the page gets them from `served`.
"""

from typing import Generic, NamedTuple, TypeVar

DEFINITION = "definition"
CHOSEN = "chosen by hand"

N = TypeVar("N", int, float)


class Threshold(NamedTuple, Generic[N]):
    """A constant, what it decides, and why it is what it is."""

    value: N
    meaning: str
    source: str


# Chances: how often there is a false alarm on healthy data.
ALPHA = Threshold(0.005, "probability of any false finding on real data", DEFINITION)
TESTS = Threshold(
    7,
    "tests that share ALPHA: all classes together, each class, its good images, coverage, duplicates, copies, quality",
    "their list",
)
EACH = Threshold(ALPHA.value / TESTS.value, "probability of a false finding of one test", "ALPHA / TESTS")
DUPLICATES_ALPHA = Threshold(
    EACH.value / 1000,
    "probability of a false finding of near-duplicates: stricter, as blur causes a few and a collapse hundreds",
    CHOSEN,
)
MOVED_ALPHA = Threshold(
    EACH.value / 1000,
    "probability that real data count as moved by more than class proportions: so small that it adds nothing to ALPHA",
    CHOSEN,
)
QUALITY_FIGURES = Threshold(3, "metrics that share the quality test: precision, density, kernel distance", "count")

# Counts: below these nothing is evaluated.
NEIGHBOURS = Threshold(5, "k: the distance to the k-th neighbour is the radius of a neighbourhood", "Naeem et al. 2020")
MIN_REAL = Threshold(200, "minimum number of real images: with fewer, almost no fault can be told from chance", CHOSEN)
MIN_GENERATED = Threshold(50, "minimum number of generated images", "10 neighbourhoods")
MIN_REAL_OF_CLASS = Threshold(
    10, "minimum number of real images of a class that is evaluated alone", "2 neighbourhoods"
)
MIN_OF_CLASS = Threshold(
    30, "minimum number of real and of generated images of a class for its diversity and label to be assessed", CHOSEN
)
MIN_EXPECTED = Threshold(
    5,
    "minimum expected count of the rarest class for the test of the KL divergence",
    "large-sample approximation of the G-test",
)
TYPICAL_SHARE = Threshold(0.5, "fraction of the images whose classes must not be missed by chance", DEFINITION)

# Words: what they promise beyond chance.
SAME_PAIRS = Threshold(0.5, "total collapse: more than this fraction of all pairs are the same image", DEFINITION)
UNLIKE_RATIO = Threshold(0.5, "out of distribution: precision below this fraction of the expected one", DEFINITION)
MISSING_CLASS_RATIO = Threshold(0.25, "a class is dropped below this fraction of its real frequency", DEFINITION)
GOOD_CERTAINTY = Threshold(0.99, "a good image of a class is classified as it with at least this probability", CHOSEN)
GOOD_NEIGHBOURS = Threshold(
    10,
    "a good image lies within the distance of a real image of its class to that image's k-th neighbour, with this k",
    "docs/diagnostics.md#really-trained",
)
MISSING_GOOD_RATIO = Threshold(
    0.4,
    "dropped: geometric mean of good to expected images and of its coverage to that of all is below this",
    "docs/diagnostics.md#really-trained",
)
GOOD_SHARE = Threshold(
    0.25,
    "with fewer good images, those of a class are not used: strong blur leaves 0.14, young generators 0.36",
    "docs/diagnostics.md#really-trained",
)
MISSING_READ_RATIO = Threshold(
    0.5, "a class found at this fraction of its real frequency is not dropped, even if its images are poor", DEFINITION
)
FREQUENT_RATIO = Threshold(
    2, "classes named as generated instead are this many times as frequent as in the real data", DEFINITION
)
MIN_VARIETY = Threshold(
    0.5, "a class has collapsed below this fraction of the standard deviation of its real images", DEFINITION
)
MIN_FOLLOWED = Threshold(
    0.5,
    "a label is ignored if its samples are classified as it less than this fraction as often as real images",
    DEFINITION,
)
CLOSER_DISTANCE = Threshold(
    0.5, "near-duplicates are nearly identical within this fraction of their distance threshold", CHOSEN
)
CLOSER_ONE_IN = Threshold(
    10, "near-duplicates are a collapse if one in this many is nearly identical: blur causes few of these", CHOSEN
)
AS_GOOD_RATIO = Threshold(
    0.9, "images are as good as real ones at this fraction of the expected precision, if its range is not known", CHOSEN
)
READ_CERTAINTY = Threshold(0.9, "an image is classified with confidence at this probability or above", CHOSEN)
UNREADABLE_MORE = Threshold(
    1 / 3,
    "class frequencies are not assessed if the fraction of uncertain images exceeds that of real ones by this",
    CHOSEN,
)
MIN_RIGHTLY_READ = Threshold(
    0.95,
    "if fewer real images are classified correctly, class frequencies are corrected for these errors, or not assessed",
    CHOSEN,
)
MOVED = Threshold(
    0.1,
    "with such a classifier, they are not assessed if the features have moved by more than this, in variances, beyond "
    "what class proportions explain",
    "docs/diagnostics.md#two-sets-of-photographs",
)
WHOLE_SET = Threshold(
    0.999, "fraction of the training set that counts as all of it in the search for copies", DEFINITION
)

# Translators (trainer/diagnosis/translators.py).
SHUFFLES = Threshold(
    200, "orders of the inputs that say what an output has to do with an input that is not its own", CHOSEN
)
MIN_FOLLOWING = Threshold(
    0.1, "an input is ignored if outputs resemble what belongs to it by less than this more than to others", DEFINITION
)
ONE_OUTPUT = Threshold(
    0.1, "one output: two outputs differ by less than this fraction of what two targets do", DEFINITION
)
COPIED_INPUT = Threshold(
    1 / 3, "an input of pairs is copied if it is changed by less than this fraction of what it should be", CHOSEN
)
COPIED_UNPAIRED = Threshold(
    0.1, "the same without pairs, as a fraction of how far any image of the other collection is from it", CHOSEN
)
MIN_STYLE = Threshold(
    0.05, "a style is ignored if it changes less than this fraction of what another input does", DEFINITION
)

# Alerts of a training (trainer/runs/alerts.py).
ALERT_REPORTS = Threshold(
    20, "number of recent measurements used by alerts on G and D, about 1,000 images each", CHOSEN
)
ALERT_QUIET = Threshold(3, "measurements without its cause after which an alert is resolved", CHOSEN)
D_DOMINATES = Threshold(0.99, "D dominates: its accuracy on real and on generated images is at least this", DEFINITION)
D_LOSES = Threshold(0.01, "D is failing: its accuracy on real or on generated images is at most this", DEFINITION)
GRADIENT_ONE_IN = Threshold(
    100, "G's gradient vanishes below its largest median in this run divided by this", DEFINITION
)
GRADIENT_ZERO = Threshold(1e-8, "G's gradient vanishes below this norm in any case", CHOSEN)
GRADIENT_REPORTS = Threshold(5, "number of recent measurements of G's gradient that are averaged", CHOSEN)
ALERT_VERDICTS = Threshold(3, "number of recent verdicts used by the alert on diversity", CHOSEN)
ALERT_AGREEING = Threshold(2, "number of these that must agree", "a majority")
ALERT_START_ONE_IN = Threshold(
    20, "the alert on diversity starts after the total number of images divided by this", CHOSEN
)
COVERAGE_REACHED = Threshold(0.2, "coverage that a run must have reached before it counts as lost", CHOSEN)
COVERAGE_LOST = Threshold(0.5, "diversity is lost if coverage falls below this fraction of its best", DEFINITION)
GRAVE = Threshold(2, "grade at and above which a finding is a collapse or worse", DEFINITION)
PLATEAU_POINTS = Threshold(12, "minimum number of Fréchet distances for the plateau alert", CHOSEN)
PLATEAU_SPAN_ONE_IN = Threshold(5, "these must span the total number of images divided by this", CHOSEN)
PLATEAU_RATIO = Threshold(
    0.98, "no longer improving: the best of the second half is above this fraction of the best of the first", CHOSEN
)

THRESHOLDS = {name: found for name, found in globals().items() if isinstance(found, Threshold)}


def served() -> dict[str, float]:
    """Name -> value of every threshold, for the page and for exports."""
    return {name: threshold.value for name, threshold in THRESHOLDS.items()}


def table() -> str:
    """All thresholds as the Markdown table of docs/diagnostics.md."""
    rows = [f"| `{name}` | {row.value:.3g} | {row.meaning} | {row.source} |" for name, row in THRESHOLDS.items()]
    return "\n".join(["| threshold | value | meaning | source |", "| --- | ---: | --- | --- |", *rows])
