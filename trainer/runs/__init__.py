"""What one run is: its folder, its store, the process that trains it, and what may be asked of it."""
