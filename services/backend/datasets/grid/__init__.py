"""Answer the grid of items from memory: columns, texts and filters."""
