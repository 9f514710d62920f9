"""The grid of rows, answered from memory: the grid index, the text index and filters."""
