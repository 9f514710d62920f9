"""The servers beside the trainer."""
