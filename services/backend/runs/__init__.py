"""Runs: their states, commands, queries, dry runs and files."""
