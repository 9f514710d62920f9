"""Follow the run folders: discover, tail, parse, and write rows and offset in one transaction."""
