"""Who may come in: tokens, sessions, origins, client addresses and the rate limit on wrong tokens."""
