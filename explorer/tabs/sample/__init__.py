"""Sample: a grid of images, truncation, style mixing."""
