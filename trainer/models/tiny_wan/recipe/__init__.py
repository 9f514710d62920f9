"""What made the weights of tiny-wan: `python -m trainer.models.tiny_wan.recipe --help`; the README beside them."""
