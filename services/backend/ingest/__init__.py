"""Reading the run folders: discover, tail, parse, and store rows and offset in one transaction."""
