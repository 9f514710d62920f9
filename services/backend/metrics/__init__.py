"""The metrics engine: compressed columns with rollups, any window of any run, and export."""
