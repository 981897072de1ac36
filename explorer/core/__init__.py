"""What the explorer is without a page: recipes, models, directions, interpolation, video."""
