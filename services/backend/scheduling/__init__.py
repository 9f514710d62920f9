"""Scheduling: claims of agents, and requeueing of runs whose host was lost."""
