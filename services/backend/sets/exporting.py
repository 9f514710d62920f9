"""Comes next."""

MEDIA_TYPES = {"metadata": "text/csv", "manifest": "application/x-ndjson", "quarantine": "text/csv"}
