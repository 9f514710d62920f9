"""Importing: lists of clips in five formats become a manifest, and the facts of a scan measurements in it."""
