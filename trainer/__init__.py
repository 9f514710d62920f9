"""Train LoRAs of video models. Rooms beside a rank's own work (`train` and what it imports) need no torch."""
