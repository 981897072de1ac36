"""Trains GANs and writes checkpoints. Knows neither the browser nor the explorer."""
