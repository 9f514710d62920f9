"""What tables and folders of clips say, row by row, and whether the files are there. Sources are never changed."""
