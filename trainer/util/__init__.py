"""What every other room stands on: errors, registries, files and images."""
