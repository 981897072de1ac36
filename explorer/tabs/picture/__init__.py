"""The dialog of Slide that opens a picture of one's own: what the model makes that comes nearest to it."""
