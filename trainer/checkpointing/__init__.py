"""Checkpoints: write, verify, keep the best and the newest, and resume from one."""
