"""Access: tokens, sessions, the origin check, client addresses and the rate limit on wrong tokens."""
