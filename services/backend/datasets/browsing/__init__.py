"""Read a data set: its items, its list and its summary."""
