"""Data sets: each is imported from a table or folder of clips into a manifest, scanned, flagged, decided on and frozen
for runs. Sources are never changed."""
