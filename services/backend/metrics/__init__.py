"""The metrics engine: sealed columns with rollups, any window of any run, export."""
