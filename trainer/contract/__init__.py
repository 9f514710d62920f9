"""The language between the trainer and the backend: events, run config, run folder. No torch, no fastapi."""
