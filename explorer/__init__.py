"""Explores the latent space of a checkpoint that `trainer` wrote."""
