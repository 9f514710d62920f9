"""The latent cache: encode each sample once, store it, repair it, and feed batches of it to the loop."""
