"""Follows the logs into SQLite and serves them over REST and WebSockets. Never imports torch."""
