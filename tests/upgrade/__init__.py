"""Tests that runs, agents, caches and databases of version 0.1 live through the start of the code in this checkout.

Both sides are reached only by what outlives a rebuild: commands, REST, run folders.
"""
