"""The agent of a GPU host: it claims runs and tasks from the backend, starts them, and sweeps up after lost ones."""
