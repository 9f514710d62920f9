"""Data sets: what tables and folders of clips say, what the files are, and what of them is worth training on.

formats -> manifest (one SQLite file a data set) -> scan (each file opened, in worker processes) -> rules -> what a run
uses. Sources are never changed.
"""
