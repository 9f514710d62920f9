"""The `loradeck` command: brings the backend and the agent up together."""
