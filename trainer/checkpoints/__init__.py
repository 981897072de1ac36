"""What a finished generator is: the format of a checkpoint, its samples, its card, its export."""
