"""Tasks: work besides runs, queued in the database for an agent."""
