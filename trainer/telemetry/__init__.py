"""The event log of a rank, its lines on the console, progress, and figures of the host. No torch."""
