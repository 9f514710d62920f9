"""Which agent gets which run: claims, and the queue after a host was lost."""
