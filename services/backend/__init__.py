"""The backend: follows the run folders into SQLite and serves REST and WebSockets."""

__version__ = "0.1.0"
