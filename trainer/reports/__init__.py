"""What is written about a model or two sets of images."""
