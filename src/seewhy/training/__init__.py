"""Training: the loop, checkpoints, resume, seeds."""
