"""LoRA weights: inject them, begin from a file of them, save them."""
