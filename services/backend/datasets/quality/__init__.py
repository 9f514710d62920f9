"""Quality: rules that flag items, and the search for duplicates."""
