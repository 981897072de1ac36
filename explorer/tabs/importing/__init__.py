"""The dialog beside the chooser that imports a generator from a file."""
