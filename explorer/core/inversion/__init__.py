"""Given pictures looked for in a generator (GAN inversion): encoder, refinement, gradient steps in w and w+."""
