"""What may be asked of a generator, known without torch: to recipes, the page's sliders and the command line alike."""

MIN_PSI, MAX_PSI = (
    -2.0,
    2.0,
)  # 1: as trained, 0: the mean image, below 0: on the other side of the mean
NOISE_MODES = ("fixed", "random", "none")  # the same noise inputs for every image, the seed's own, or zeros
RECIPE_SCHEMA = 1  # raise it when a recipe of today would be drawn otherwise
