"""What one step is: configuration, losses, regularizers, augmentation, state, and the loop."""
