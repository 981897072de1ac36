"""The constants of the verdicts. Chances divide ALPHA among the tests; shares are definitions of the words they stand
for, not significance: a verdict asks for both."""

ALPHA = 0.005  # chance that healthy data raise any alarm
TESTS = 6  # that share it: classes together, each class, coverage, duplicates, copies, quality
EACH = ALPHA / TESTS
DUPLICATES = EACH / 1000  # stricter: blur brings a few duplicates of its own, a collapse hundreds
QUALITY = 3  # figures that share one test: precision, density, kernel distance
K = 5  # neighbours (Naeem et al. 2020)
LEAST_OF_CLASS = 30  # images of a class on each side before it is judged by itself
MISSING = 0.25  # a class is missing below this share of what real data have of it
# By its good images a class is missing where the geometric mean of two ratios is below this: good images to those due
# in proportion, and the share of its real images that are covered to that of all. benchmarks.trained: up to 0.23 for
# digits that were left out, 0.41 or more for others; 0.42 for a perfect class at MISSING of its share.
MISSING_GOOD = 1 / 3
