"""The server: follows the run folders into SQLite and speaks REST and WebSocket."""

__version__ = "0.1.0"
