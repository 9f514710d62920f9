"""Processes that outlive others: the shim, the launcher, children, and a stop in good order. No torch."""
