"""The Wan family: pipeline, DiT, VAE and the flow matching loss."""
