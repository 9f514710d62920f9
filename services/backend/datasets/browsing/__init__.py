"""Browsing a data set: its rows, single rows and its summary."""
