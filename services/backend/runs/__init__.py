"""Runs: their states, commands, queries and files."""
