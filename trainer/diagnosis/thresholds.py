"""The constants of the verdicts. Chances divide ALPHA among the tests; shares are definitions of the words they stand
for, not significance: a verdict asks for both."""

ALPHA = 0.005  # chance that healthy data raise any alarm
TESTS = 6  # that share it: classes together, each class, coverage, duplicates, copies, quality
EACH = ALPHA / TESTS
DUPLICATES = EACH / 1000  # stricter: blur brings a few duplicates of its own, a collapse hundreds
QUALITY = 3  # figures that share one test: precision, density, kernel distance
K = 5  # neighbours (Naeem et al. 2020)
LEAST_OF_CLASS = 30  # images of a class on each side before it is judged by itself
