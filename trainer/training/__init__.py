"""The training loop: forward and backward passes, periodic work, and how a run ends."""
