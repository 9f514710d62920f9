"""Decodes videos and images as a player shows them: upright, in square pixels, in sRGB. Nothing else opens media."""
