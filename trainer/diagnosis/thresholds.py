"""Every constant of a judgement, with what it means and where it comes from.

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


# Chances: how often healthy data raise an alarm.
ALPHA = Threshold(0.005, "chance that healthy data raise any alarm of the diagnosis", DEFINITION)
TESTS = Threshold(
    7,
    "tests that share it: classes together, each class, its good images, coverage, duplicates, copies, quality",
    "their list",
)
EACH = Threshold(ALPHA.value / TESTS.value, "chance that healthy data raise one alarm", "ALPHA / TESTS")
DUPLICATES_ALPHA = Threshold(
    EACH.value / 1000,
    "chance of an alarm by near-duplicates: blur brings a few of its own, a collapse hundreds",
    CHOSEN,
)
QUALITY_FIGURES = Threshold(3, "figures that share the test of quality: precision, density, kernel distance", "count")

# Counts: below these nothing is judged.
NEIGHBOURS = Threshold(5, "neighbours whose distance is the radius of a neighbourhood", "Naeem et al. 2020")
MIN_REAL = Threshold(
    200, "real images that a diagnosis needs: with fewer, hardly any fault could be told from chance", CHOSEN
)
MIN_GENERATED = Threshold(50, "generated images that a diagnosis needs at least", "10 neighbourhoods")
MIN_REAL_OF_CLASS = Threshold(10, "real images of a class that is judged alone", "2 neighbourhoods")
MIN_OF_CLASS = Threshold(30, "images of a class on each side before its variety or its label is judged", CHOSEN)
MIN_EXPECTED = Threshold(
    5,
    "images expected in the rarest class before the divergence of all classes is tested",
    "large-sample law of the G-test",
)
TYPICAL_SHARE = Threshold(0.5, "share of all images whose classes must not be missed by chance", DEFINITION)

# Words: what they promise beyond chance.
SAME_PAIRS = Threshold(0.5, "total collapse: more than this share of all pairs are the same image", DEFINITION)
UNLIKE_RATIO = Threshold(0.5, "not like the real images: precision below this share of the healthy one", DEFINITION)
MISSING_CLASS_RATIO = Threshold(0.25, "a class counts as dropped below this share of its real frequency", DEFINITION)
GOOD_CERTAINTY = Threshold(0.99, "a good image of a class is read as it with at least this probability", CHOSEN)
GOOD_NEIGHBOURS = Threshold(
    10,
    "a good image lies in the ball that reaches from a real image of its class to its so manieth neighbour",
    "docs/diagnostics.md#really-trained",
)
MISSING_GOOD_RATIO = Threshold(
    0.4,
    "dropped, by the geometric mean of two ratios: good images to those due, and its coverage to that of all",
    "docs/diagnostics.md#really-trained",
)
GOOD_SHARE = Threshold(
    0.25,
    "of fewer good images, those of a class tell nothing: strong blur leaves 0.14, young generators 0.36",
    "docs/diagnostics.md#really-trained",
)
MISSING_READ_RATIO = Threshold(
    0.5, "what is read as a class at this share of its real frequency is made, be it badly", DEFINITION
)
FREQUENT_RATIO = Threshold(2, "beside missing classes those are named that come this many times too often", DEFINITION)
MIN_VARIETY = Threshold(0.5, "a class has collapsed below this share of the spread of its real images", DEFINITION)
MIN_FOLLOWED = Threshold(
    0.5, "a class is ignored if fewer than this share of those asked for are read as it", DEFINITION
)
CLOSER_DISTANCE = Threshold(
    0.5, "share of the distance of near-duplicates within which they are nearly identical", CHOSEN
)
CLOSER_ONE_IN = Threshold(
    10, "near-duplicates are repeats if one in so many is nearly identical: blur brings few of these", CHOSEN
)
AS_GOOD_RATIO = Threshold(
    0.9, "images are as good as real ones at this share of the healthy precision, where its band is not known", CHOSEN
)
READ_CERTAINTY = Threshold(0.9, "an image is read as its class for sure with at least this probability", CHOSEN)
UNREADABLE_MORE = Threshold(
    1 / 3, "classes cannot be read if so much more of the images than of real ones are unsure", CHOSEN
)
WHOLE_SET = Threshold(0.999, "share of the training set that counts as all of it in the search for copies", DEFINITION)

# Alerts of a training (trainer/runs/alerts.py).
ALERT_REPORTS = Threshold(
    20, "newest measurements that an alert on the networks looks at, about 1,000 images each", CHOSEN
)
ALERT_QUIET = Threshold(3, "measurements without cause after which an alert is over", CHOSEN)
D_WINS = Threshold(0.99, "D always wins: its accuracy on both sides is at least this", DEFINITION)
D_LOSES = Threshold(0.01, "D is beaten: its accuracy on one side is at most this", DEFINITION)
GRADIENT_ONE_IN = Threshold(
    100, "G's gradient vanishes at one in so many of its largest median in this run", DEFINITION
)
GRADIENT_ZERO = Threshold(1e-8, "G's gradient vanishes at this norm, whatever it was", CHOSEN)
GRADIENT_REPORTS = Threshold(5, "newest measurements of G's gradient that are looked at", CHOSEN)
ALERT_VERDICTS = Threshold(3, "newest verdicts that the alert on diversity looks at", CHOSEN)
ALERT_AGREEING = Threshold(2, "of these, so many must agree", "a majority")
ALERT_START_ONE_IN = Threshold(20, "diversity is watched once one in so many of all images has been seen", CHOSEN)
COVERAGE_REACHED = Threshold(0.2, "coverage that a run must have reached before it can be lost", CHOSEN)
COVERAGE_LOST = Threshold(0.5, "diversity is lost where coverage falls below this share of the best", DEFINITION)
GRAVE = Threshold(2, "grade of a finding from which on it is a collapse or worse", DEFINITION)
PLATEAU_POINTS = Threshold(12, "Fréchet distances needed before a plateau is looked for", CHOSEN)
PLATEAU_SPAN_ONE_IN = Threshold(5, "these must span one in so many of all images", CHOSEN)
PLATEAU_RATIO = Threshold(
    0.98, "no longer improving: the best of the second half is above this share of the best of the first", CHOSEN
)

THRESHOLDS = {name: found for name, found in globals().items() if isinstance(found, Threshold)}


def served() -> dict[str, float]:
    """Name -> value of every threshold, for the page and for exports."""
    return {name: threshold.value for name, threshold in THRESHOLDS.items()}


def table() -> str:
    """All thresholds as the Markdown table of docs/diagnostics.md."""
    rows = [f"| `{name}` | {row.value:.3g} | {row.meaning} | {row.source} |" for name, row in THRESHOLDS.items()]
    return "\n".join(["| threshold | value | meaning | source |", "| --- | ---: | --- | --- |", *rows])
