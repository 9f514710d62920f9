"""What Loradeck costs and holds, measured through its public surface: `make bench`, or `python -m bench.<name>`."""

from pathlib import Path

HOME = Path(__file__).parents[1] / ".bench"
"""What the measurements keep between them; git ignores it, and it may be deleted at any time."""
