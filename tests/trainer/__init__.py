"""Tests of the trainer."""

import os

# As trainer.train does before it imports torch; the test modules import torch first.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
