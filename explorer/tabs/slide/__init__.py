"""Slide: one large image and sliders along latent directions."""
