"""The SQLite file of one data set, and the log of its changes."""
