"""Several ranks: the process group, how they find each other, and the sharded base."""
