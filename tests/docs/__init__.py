"""The pages are held to the code: what has to be documented is collected from the sources, never listed here."""
