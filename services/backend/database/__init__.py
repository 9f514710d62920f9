"""The database: SQLite with one writer, its tables, cursors, and the copy made before a migration."""
