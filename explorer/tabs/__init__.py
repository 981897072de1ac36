"""The tabs, in the order of the page. A new tab is one file and one entry here."""

from explorer.tabs import diagnosis, interpolate, sample, slide, train

TABS = {"sample": sample, "slide": slide, "interpolate": interpolate, "diagnosis": diagnosis, "train": train}
