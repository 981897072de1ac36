"""The constants of the verdicts. Chances divide ALPHA among the tests; shares are definitions of the words they stand
for, not significance: a verdict asks for both."""

ALPHA = 0.005  # chance that healthy data raise any alarm
TESTS = 7  # that share it: classes together, each class, its good images, coverage, duplicates, copies, quality
EACH = ALPHA / TESTS
DUPLICATES = EACH / 1000  # stricter: blur brings a few duplicates of its own, a collapse hundreds
QUALITY = 3  # figures that share one test: precision, density, kernel distance
K = 5  # neighbours (Naeem et al. 2020)
LEAST_OF_CLASS = 30  # images of a class on each side before it is judged by itself
MISSING = 0.25  # a class is missing below this share of what real data have of it
# An image is a good one of its class if it is read as it with this certainty, and lies in the ball that reaches from a
# real image of the class to its so manieth neighbour.
GOOD_SURE, GOOD_K = 0.99, 10
# By its good images a class is missing where the geometric mean of two ratios is below this: good images to those due
# in proportion, and the share of its real images that are covered to that of all. Of small generators of digits at two
# stages (docs/diagnostics.md#really-trained): up to 0.31 for digits left out or shown at a tenth, from 0.5 on for
# others, on the 23 that it was chosen on. A perfect class at a fifth of its share gives 0.41.
MISSING_GOOD = 0.4
GOOD_LEAST = 0.25  # of fewer good images, those of a class tell nothing: strong blur leaves 0.14, young generators 0.36
MISSING_READ = 0.5  # what is read as a class so often is made, be it badly
