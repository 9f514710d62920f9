"""Work besides runs, each in a process of its own: the runner, and a trial of some steps."""
