"""Evaluation between steps: the loss at fixed noise, sample videos, and the VAE moved out of the way."""
