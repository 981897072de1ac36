"""Train: watch runs, start one, control it."""
