"""The process that trains. Every module but the rank's own (`train` and what it imports) works without torch."""
